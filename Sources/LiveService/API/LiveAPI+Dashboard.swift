import Foundation
import HTTPTypes
import Hummingbird

/// The pages: part of the program, so that they are there without a network, a build step or anybody else's server.
extension LiveAPI {
  var dashboardRoutes: [APIRoute] {
    [
      page("/", PackageResources.index_html, "text/html; charset=utf-8"),
      page("/public", PackageResources.public_html, "text/html; charset=utf-8"),
      page("/assets/live.css", PackageResources.live_css, "text/css; charset=utf-8"),
      page("/assets/live.js", PackageResources.live_js, "text/javascript; charset=utf-8"),
      page("/assets/diagrams.js", PackageResources.diagrams_js, "text/javascript; charset=utf-8"),
      page("/assets/public.js", PackageResources.public_js, "text/javascript; charset=utf-8"),
    ]
  }

  private func page(_ path: String, _ bytes: [UInt8], _ type: String) -> APIRoute {
    let buffer = ByteBuffer(bytes: bytes)
    return APIRoute(.get, path, .open) { _ in
      Response(
        status: .ok, headers: [.contentType: type, .cacheControl: "no-cache"], body: ResponseBody(byteBuffer: buffer))
    }
  }
}
