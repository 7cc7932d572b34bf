import Foundation

/// A plain blocking HTTP/1.1 connection for the checks: little enough of a client that what is measured is the server.
final class HTTPConnection {
  struct Answer {
    var status: Int
    var headers: [String: String]
    var body: [UInt8]
    var text: String { String(decoding: body, as: UTF8.self) }
  }
  struct Lost: Error, CustomStringConvertible {
    var what: String
    var description: String { what }
  }

  private let port: Int
  private var socket: Int32 = -1
  private var buffer: [UInt8] = []

  init(port: Int) { self.port = port }
  deinit { close() }

  func close() {
    if socket >= 0 { Foundation.close(socket) }
    socket = -1
    buffer = []
  }

  private func connect() throws {
    guard socket < 0 else { return }
    socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var one: Int32 = 1
    setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    guard Loopback.call(Foundation.connect, on: socket, port: port) == 0 else {
      close()
      throw Lost(what: "connect: \(String(cString: strerror(errno)))")
    }
  }

  func send(_ bytes: [UInt8]) throws {
    try connect()
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { Foundation.send(socket, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else {
        close()
        throw Lost(what: "send")
      }
      sent += count
    }
  }

  private func fill() throws {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let got = chunk.withUnsafeMutableBytes { recv(socket, $0.baseAddress!, $0.count, 0) }
    guard got > 0 else {
      close()
      throw Lost(what: got == 0 ? "closed" : "receive: \(String(cString: strerror(errno)))")
    }
    buffer.append(contentsOf: chunk[..<got])
  }

  /// Reads one answer; of one without an end, such as an event stream, the head alone.
  func receive(isHead: Bool = false) throws -> Answer {
    var end = 0
    while true {
      if let found = Self.find(buffer, from: end) {
        end = found
        break
      }
      end = max(0, buffer.count - 3)
      try fill()
    }
    let head = String(decoding: buffer[..<end], as: UTF8.self).components(separatedBy: "\r\n")
    buffer.removeFirst(end + 4)
    let parts = head[0].split(separator: " ")
    guard parts.count >= 2, let status = Int(parts[1]) else { throw Lost(what: "not HTTP: \(head[0].prefix(60))") }
    var headers: [String: String] = [:]
    for line in head.dropFirst() {
      let pair = line.split(separator: ":", maxSplits: 1)
      if pair.count == 2 { headers[pair[0].lowercased()] = pair[1].trimmingCharacters(in: .whitespaces) }
    }
    var body: [UInt8] = []
    if headers["content-type"] == "text/event-stream" || isHead || status == 204 {
      return Answer(status: status, headers: headers, body: [])
    }
    if let length = headers["content-length"].flatMap({ Int($0) }) {
      while buffer.count < length { try fill() }
      body = Array(buffer[..<length])
      buffer.removeFirst(length)
    } else if headers["transfer-encoding"] == "chunked" {
      while let part = try chunk() { body += part }
    }
    if headers["connection"]?.lowercased() == "close" { close() }
    return Answer(status: status, headers: headers, body: body)
  }

  /// The next chunk of a chunked body; nil at its end.
  func chunk() throws -> [UInt8]? {
    var end: Int?
    while end == nil {
      end = buffer.firstIndex(of: 0x0A)
      if end == nil { try fill() }
    }
    let line = String(decoding: buffer[..<end!], as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    guard let size = Int(line.split(separator: ";").first ?? "", radix: 16) else { throw Lost(what: "not a chunk") }
    buffer.removeFirst(end! + 1)
    while buffer.count < size + 2 { try fill() }
    let part = Array(buffer[..<size])
    buffer.removeFirst(size + 2)
    return size == 0 ? nil : part
  }

  private static func find(_ bytes: [UInt8], from start: Int) -> Int? {
    guard bytes.count >= 4 else { return nil }
    for k in max(0, start)...(bytes.count - 4)
    where bytes[k] == 0x0D && bytes[k + 1] == 0x0A && bytes[k + 2] == 0x0D && bytes[k + 3] == 0x0A { return k }
    return nil
  }

  static func head(_ method: String, _ path: String, token: String?, type: String? = nil, length: Int? = nil) -> [UInt8] {
    var text = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if let token { text += "Authorization: Bearer \(token)\r\n" }
    if let type { text += "Content-Type: \(type)\r\n" }
    if let length { text += "Content-Length: \(length)\r\n" }
    return Array((text + "\r\n").utf8)
  }

  func request(_ method: String, _ path: String, token: String?, type: String? = nil, body: [UInt8]? = nil) throws -> Answer {
    let length = body?.count ?? (method == "GET" || method == "HEAD" ? nil : 0)
    try send(Self.head(method, path, token: token, type: type, length: length) + (body ?? []))
    return try receive(isHead: method == "HEAD")
  }
}
