/// What can go wrong between this program and a SUMO that it drives.
public enum TraCIError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Nothing listened at `host:port` for as long as was agreed to wait.
  case cannotConnect(host: String, port: Int, reason: String)
  /// The connection ended before the answer to `doing` was complete: SUMO stopped, crashed, or the network failed.
  case connectionLost(doing: String)
  /// A SUMO that we started ended with this exit status; the words are the last of its error stream.
  case ended(status: Int, complaint: String)
  /// SUMO answered with an error status; the sentence is SUMO's own.
  case refused(command: UInt8, message: String)
  /// SUMO does not implement the command.
  case notImplemented(command: UInt8, message: String)
  /// Bytes that are not what the protocol promises.
  case malformed(expected: String, found: String)
  /// SUMO speaks another version of the interface than this client.
  case unsupportedVersion(api: Int, name: String)

  public var description: String {
    switch self {
    case .cannotConnect(let host, let port, let reason):
      "no SUMO listens at \(host):\(port) (\(reason)); start it with --remote-port \(port)"
    case .connectionLost(let doing):
      "SUMO closed the connection while \(doing): it ended early or was stopped; its own log says why"
    case .ended(let status, let complaint): "SUMO ended with status \(status)" + (complaint.isEmpty ? "" : ": " + complaint)
    case .refused(let command, let message): "SUMO refused command 0x\(hex(command)): \(message)"
    case .notImplemented(let command, let message): "SUMO does not implement command 0x\(hex(command)): \(message)"
    case .malformed(let expected, let found): "SUMO's answer is not TraCI: expected \(expected), found \(found)"
    case .unsupportedVersion(let api, let name): "\(name) speaks TraCI version \(api); versions 20 to 22 are known"
    }
  }
}

/// A byte as two hexadecimal digits.
func hex(_ byte: UInt8) -> String {
  let digits = Array("0123456789abcdef")
  return String([digits[Int(byte >> 4)], digits[Int(byte & 15)]])
}
