import Foundation
import TrafficModel

#if canImport(Glibc)
  import Glibc
#endif

/// A SUMO that we started: it ends with us, and what it complains of can be told.
public final class SUMOProcess {
  private let process: Process
  private let complaints: URL
  /// Where it listens for a TraCI client; nil for a run without one.
  public let port: Int?

  /// Starts SUMO.
  ///
  /// - Parameters:
  ///   - arguments: its command line, without the port.
  ///   - isRemote: whether it shall wait for a TraCI client.
  ///   - folder: where its error stream is kept.
  public init(_ installation: SUMOInstallation, arguments: [String], isRemote: Bool = true, folder: URL) throws {
    complaints = folder.appendingPathComponent("sumo.log")
    port = isRemote ? try Self.freePort() : nil
    process = Process()
    process.executableURL = URL(fileURLWithPath: installation.program)
    process.arguments = arguments + (port.map { ["--remote-port", String($0), "--num-clients", "1"] } ?? [])
    process.environment = ProcessInfo.processInfo.environment.merging(["SUMO_HOME": installation.home]) { $1 }
    process.standardOutput = FileHandle.nullDevice
    FileManager.default.createFile(atPath: complaints.path, contents: nil)
    process.standardError = try FileHandle(forWritingTo: complaints)
    try process.run()
  }

  deinit { if process.isRunning { process.terminate() } }

  /// Connects to it, waiting until it listens or has ended.
  public func connect(patience: Double = 120) throws(TraCIError) -> TraCIClient {
    let began = Date()
    while true {
      do {
        return try TraCIClient(host: "127.0.0.1", port: port ?? 0, patience: 0.5)
      } catch .cannotConnect(let host, let port, let reason) {
        if !process.isRunning { throw .ended(status: Int(process.terminationStatus), complaint: complaint) }
        if Date().timeIntervalSince(began) > patience { throw .cannotConnect(host: host, port: port, reason: reason) }
      } catch .connectionLost(let doing) {
        // It listens before it loads: what it then complains of says more than the broken connection.
        try finish()
        throw .connectionLost(doing: doing)
      }
    }
  }

  /// Ends it at once, as a crash would: a SUMO that is asked to end goes on as long as a client steps it.
  public func kill() {
    #if canImport(Glibc)
      Glibc.kill(process.processIdentifier, SIGKILL)
    #else
      process.terminate()
    #endif
  }

  /// Waits for its end.
  /// - Throws: its own words where it did not end well.
  public func finish() throws(TraCIError) {
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw .ended(status: Int(process.terminationStatus), complaint: complaint) }
  }

  /// What it last wrote to its error stream, shortened.
  public var complaint: String {
    let text = (try? String(contentsOf: complaints, encoding: .utf8)) ?? ""
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("Warning") && !$0.hasPrefix("Quitting") }
    return lines.suffix(4).joined(separator: " ")
  }

  /// A port nobody listens on at this moment.
  private static func freePort() throws -> Int {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { throw InputProblem(file: "port", expected: "a free port on this machine", found: "none") }
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0 }
    }
    guard isBound else { throw InputProblem(file: "port", expected: "a free port on this machine", found: "none") }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}
