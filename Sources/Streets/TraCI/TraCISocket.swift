import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where a TraCI client's bytes go: a socket, or a recording in a test.
protocol TraCITransport: AnyObject {
  /// Sends one whole message and returns the whole answer without its length.
  func exchange(_ message: [UInt8], doing what: String) throws(TraCIError) -> [UInt8]
  func close()
}

/// A blocking TCP socket: one round trip costs about 25 µs, against 40 µs with an event loop, and a simulation has nothing else to do.
final class TraCISocket: TraCITransport {
  private var descriptor: Int32

  /// Connects, trying again until `patience` [s] has passed: SUMO listens only once its network is loaded. A peer that has not answered
  /// for `answerPatience` [s] counts as gone; nil: its steps may take as long as they like.
  init(host: String, port: Int, patience: Double, answerPatience: Double? = nil) throws(TraCIError) {
    let start = Date()
    var reason = "no address"
    while true {
      switch Self.connect(host: host, port: port) {
      case .success(let fd):
        descriptor = fd
        if let answerPatience {
          var limit = timeval(tv_sec: Int(answerPatience), tv_usec: 0)
          setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        return
      case .failure(let problem): reason = problem.text
      }
      if Date().timeIntervalSince(start) >= patience { break }
      usleep(50_000)
    }
    throw .cannotConnect(host: host, port: port, reason: reason)
  }

  deinit { close() }

  private struct Problem: Error { var text: String }

  private static func connect(host: String, port: Int) -> Result<Int32, Problem> {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    #if canImport(Glibc)
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #else
      hints.ai_socktype = SOCK_STREAM
    #endif
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(port), &hints, &list) == 0, let first = list else { return .failure(Problem(text: "unknown host")) }
    defer { freeaddrinfo(first) }
    var reason = "no address"
    var next: UnsafeMutablePointer<addrinfo>? = first
    while let info = next {
      let fd = socket(info.pointee.ai_family, info.pointee.ai_socktype, info.pointee.ai_protocol)
      if fd >= 0 {
        #if canImport(Glibc)
          let connected = Glibc.connect(fd, info.pointee.ai_addr, info.pointee.ai_addrlen) == 0
        #elseif canImport(Musl)
          let connected = Musl.connect(fd, info.pointee.ai_addr, info.pointee.ai_addrlen) == 0
        #else
          let connected = Darwin.connect(fd, info.pointee.ai_addr, info.pointee.ai_addrlen) == 0
        #endif
        if connected {
          var yes: Int32 = 1
          setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
          return .success(fd)
        }
        reason = String(cString: strerror(errno))
        shut(fd)
      }
      next = info.pointee.ai_next
    }
    return .failure(Problem(text: reason))
  }

  private static func shut(_ fd: Int32) {
    #if canImport(Glibc)
      _ = Glibc.close(fd)
    #elseif canImport(Musl)
      _ = Musl.close(fd)
    #else
      _ = Darwin.close(fd)
    #endif
  }

  func close() {
    guard descriptor >= 0 else { return }
    Self.shut(descriptor)
    descriptor = -1
  }

  func exchange(_ message: [UInt8], doing what: String) throws(TraCIError) -> [UInt8] {
    guard descriptor >= 0 else { throw .connectionLost(doing: what) }
    var sent = 0
    while sent < message.count {
      let n = message.withUnsafeBytes { send(descriptor, $0.baseAddress! + sent, message.count - sent, Self.flags) }
      if n < 0 && errno == EINTR { continue }
      guard n > 0 else { throw lost(what) }
      sent += n
    }
    let head = try receive(4, what)
    let total = Int(head[0]) << 24 | Int(head[1]) << 16 | Int(head[2]) << 8 | Int(head[3])
    guard total >= 4 else { throw .malformed(expected: "a message length of at least 4", found: "\(total)") }
    return try receive(total - 4, what)
  }

  /// A peer that is gone must be an error here, not a signal that ends the process.
  #if canImport(Darwin)
    private static let flags: Int32 = 0
  #else
    private static let flags = Int32(MSG_NOSIGNAL)
  #endif

  private func lost(_ what: String) -> TraCIError {
    close()
    return .connectionLost(doing: what)
  }

  private func receive(_ count: Int, _ what: String) throws(TraCIError) -> [UInt8] {
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let n = recv(descriptor, buffer.baseAddress! + filled, count - filled, 0)
        if n < 0 && errno == EINTR { continue }
        guard n > 0 else {
          failed = true
          return
        }
        filled += n
      }
    }
    if failed { throw lost(what) }
    return bytes
  }
}
