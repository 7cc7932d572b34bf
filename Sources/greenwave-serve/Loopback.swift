import Foundation

/// Ports of this machine that nobody else can reach.
enum Loopback {
  /// Calls `bind` or `connect` with a port's address; what that returned.
  static func call(
    _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, on descriptor: Int32, port: Int
  ) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
  }
}
