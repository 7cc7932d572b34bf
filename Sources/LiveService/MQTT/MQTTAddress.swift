import Foundation

/// Where a broker is and how to be let in.
public struct MQTTAddress: Sendable, Hashable {
  public var host: String
  public var port: Int32
  /// PEM file with the authorities that may vouch for the broker; nil: no TLS.
  public var authorities: String?
  public var certificate: String?
  public var key: String?
  public var user: String?
  public var password: String?

  public init(host: String, port: Int32) {
    self.host = host
    self.port = port
  }

  /// Reads `mqtt://host:port` or `mqtts://host:port`; nil for anything else. `mqtts` needs ``authorities`` set afterwards.
  public init?(_ text: String) {
    guard let components = URLComponents(string: text), let scheme = components.scheme, scheme == "mqtt" || scheme == "mqtts",
      let host = components.host, !host.isEmpty
    else { return nil }
    self.host = host
    port = Int32(components.port ?? (scheme == "mqtts" ? 8883 : 1883))
    if scheme == "mqtts" { authorities = "/etc/ssl/certs/ca-certificates.crt" }
    user = components.user
  }
}

/// Topics of the service. Names of signals are percent-encoded where MQTT would take a character for its own.
public enum MQTTTopic {
  public static let readings = "greenwave/readings/"
  public static let command = "greenwave/command/"
  public static let answer = "greenwave/answer/"
  public static let heartbeat = "greenwave/heartbeat/"
  public static let query = "greenwave/query"
  public static let problems = "greenwave/problems"
  public static let spat = "greenwave/spat/"

  public static func level(_ name: String) -> String {
    var out = ""
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "/"), UInt8(ascii: "+"), UInt8(ascii: "#"), UInt8(ascii: "%"), UInt8(ascii: "$"), 0...0x20, 0x7F...0xFF:
        out += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      default: out.unicodeScalars.append(Unicode.Scalar(byte))
      }
    }
    return out
  }
}
