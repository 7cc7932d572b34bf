#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The few transcendental functions the engine needs, named once.
enum Elementary {
  @inline(__always) static func log(_ x: Double) -> Double { _log(x) }
  @inline(__always) static func cos(_ x: Double) -> Double { _cos(x) }
  @inline(__always) static func sin(_ x: Double) -> Double { _sin(x) }
  @inline(__always) static func atan2(_ y: Double, _ x: Double) -> Double { _atan2(y, x) }
  @inline(__always) static func pow(_ x: Double, _ y: Double) -> Double { _pow(x, y) }
}

private func _log(_ x: Double) -> Double { log(x) }
private func _cos(_ x: Double) -> Double { cos(x) }
private func _sin(_ x: Double) -> Double { sin(x) }
private func _atan2(_ y: Double, _ x: Double) -> Double { atan2(y, x) }
private func _pow(_ x: Double, _ y: Double) -> Double { pow(x, y) }
