/// A value as TraCI carries it.
public enum TraCIValue: Equatable, Sendable {
  /// A point of a polygon [m].
  public struct Point: Equatable, Sendable {
    public var x: Double
    public var y: Double
    public init(x: Double, y: Double) {
      self.x = x
      self.y = y
    }
  }

  case unsignedByte(UInt8)
  case byte(Int8)
  case int(Int)
  case double(Double)
  case string(String)
  case strings([String])
  case doubles([Double])
  case compound([TraCIValue])
  case position(x: Double, y: Double)
  case position3(x: Double, y: Double, z: Double)
  case color(red: UInt8, green: UInt8, blue: UInt8, alpha: UInt8)
  case polygon([Point])

  func asInt() throws(TraCIError) -> Int {
    switch self {
    case .int(let v): v
    case .byte(let v): Int(v)
    case .unsignedByte(let v): Int(v)
    default: throw .malformed(expected: "an integer", found: "\(self)")
    }
  }

  func asDouble() throws(TraCIError) -> Double {
    guard case .double(let v) = self else { throw .malformed(expected: "a double", found: "\(self)") }
    return v
  }

  func asString() throws(TraCIError) -> String {
    guard case .string(let v) = self else { throw .malformed(expected: "a string", found: "\(self)") }
    return v
  }

  func asStrings() throws(TraCIError) -> [String] {
    guard case .strings(let v) = self else { throw .malformed(expected: "a list of strings", found: "\(self)") }
    return v
  }

  func asCompound() throws(TraCIError) -> [TraCIValue] {
    guard case .compound(let v) = self else { throw .malformed(expected: "a compound", found: "\(self)") }
    return v
  }
}
