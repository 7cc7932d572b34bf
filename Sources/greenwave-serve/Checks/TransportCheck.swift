import ArgumentParser
import Foundation
import LiveService

/// HTTPS and MQTT over TLS, with authorities made for the occasion.
struct TransportCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tls", abstract: "HTTPS and MQTT over TLS: by the right authority, by no other, and by nothing older than TLS 1.2.")

  func run() throws {
    let bench = try Bench()
    defer { bench.remove() }
    let folder = bench.folder
    try makeCertificates(folder)
    let server = ["--certificate", folder + "/server.pem", "--key", folder + "/server.key"]
    try bench.start(["--street", "queues", "--grid", "1x2"] + server)
    var table = CheckTable()
    func ask(_ arguments: String) throws -> Bool {
      let request = "printf \"GET /health HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n\""
      let client = "timeout 10 openssl s_client -quiet -connect 127.0.0.1:\(bench.port) -verify_hostname localhost -verify_return_error"
      _ = try ChildProcess("/bin/sh", ["-c", "\(request) | \(client) \(arguments) > \(folder)/answer 2>&1"]).wait()
      return ((try? String(contentsOfFile: folder + "/answer", encoding: .utf8)) ?? "").contains("\"status\":\"alive\"")
    }
    func expect(_ what: String, _ isSo: Bool, _ expected: Bool) {
      table.add(what, isSo ? "yes" : "no", expected ? "yes" : "no", isSo == expected)
    }
    expect("HTTPS answers by the right authority", try ask("-CAfile \(folder)/ca.pem"), true)
    expect("HTTPS answers by TLS 1.2", try ask("-CAfile \(folder)/ca.pem -tls1_2"), true)
    expect("HTTPS passes by another authority", try ask("-CAfile \(folder)/other.pem"), false)
    expect("HTTPS answers by TLS 1.1", try ask("-CAfile \(folder)/ca.pem -tls1_1 -cipher DEFAULT@SECLEVEL=0"), false)
    expect("plain HTTP is answered", (try? HTTPConnection(port: bench.port).request("GET", "/health", token: nil))?.status == 200, false)
    bench.stop()

    let broker = try Broker(more: "certfile \(folder)/server.pem\nkeyfile \(folder)/server.key\ntls_version tlsv1.2\n")
    defer { broker.remove() }
    try broker.start()
    for (authority, isRight) in [("ca", true), ("other", false)] {
      let field = try Bench()
      defer { field.remove() }
      let address = "mqtts://127.0.0.1:\(broker.port)"
      try field.start([
        "--grid", "1x2", "--street", address, "--mqtt", address, "--mqtt-authorities", "\(folder)/\(authority).pem",
      ])
      var connected = 0.0
      let limit = Date().addingTimeInterval(10)
      while connected < 2, Date() < limit {
        connected = 0
        for client in ["street", "readings-0"] {
          connected += (try? field.metric("greenwave_broker_connected{client=\"\(client)\"}")) ?? 0
        }
        usleep(200_000)
      }
      expect("both connections to the broker, by \(isRight ? "the right" : "another") authority", connected == 2, isRight)
    }
    try table.finish()
  }

  /// An authority, a certificate of its for this machine, and another authority.
  private func makeCertificates(_ folder: String) throws {
    try "subjectAltName=DNS:localhost,IP:127.0.0.1\n".write(toFile: folder + "/names", atomically: true, encoding: .utf8)
    let new = "openssl req -newkey rsa:2048 -nodes"
    for command in [
      "\(new) -x509 -days 2 -subj /CN=check -keyout ca.key -out ca.pem",
      "\(new) -x509 -days 2 -subj /CN=other -keyout other.key -out other.pem",
      "\(new) -subj /CN=localhost -keyout server.key -out server.csr",
      "openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem",
    ] {
      guard try ChildProcess("/bin/sh", ["-c", "cd \(folder) && \(command) > openssl.txt 2>&1"]).wait() == 0 else {
        throw CheckFailure("failed (is openssl installed?): \(command)")
      }
    }
  }
}
