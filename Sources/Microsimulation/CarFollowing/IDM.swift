/// The intelligent driver model (Treiber, Hennecke and Helbing 2000), integrated in quarter-second steps.
enum IDM {
  static let innerStep = 0.25

  /// Speed for the coming step.
  static func followSpeed(
    _ type: UnsafePointer<TypeRecord>, speed: Double, gap: Double, leaderSpeed: Double, desired: Double, minGap: Double? = nil, dt: Double
  ) -> Double {
    let rounds = max(1, Int((dt / innerStep + 0.5)))
    let rest = minGap ?? type.pointee.minGap
    let wish = max(desired, 0.01)
    var v = speed
    var g = gap + rest
    let root = 2 * (type.pointee.accel * type.pointee.decel).squareRoot()
    for _ in 0..<rounds {
      let difference = v - leaderSpeed
      let s = rest + max(0, v * type.pointee.tau + v * difference / root)
      g = max(Following.epsilon, g)
      let acceleration = type.pointee.accel * (1 - Elementary.pow(v / wish, type.pointee.idmDelta) - s * s / (g * g))
      v = max(0, v + acceleration * dt / Double(rounds))
      g -= max(0, (v - leaderSpeed) * dt / Double(rounds))
    }
    return v
  }

  static func stopSpeed(_ type: UnsafePointer<TypeRecord>, speed: Double, gap: Double, dt: Double) -> Double {
    if gap < 0.01 { return 0 }
    let wanted = followSpeed(type, speed: speed, gap: gap, leaderSpeed: 0, desired: type.pointee.maxSpeed, minGap: 0, dt: dt)
    if gap > 0, abs(speed) < Following.epsilon, wanted > gap / dt {
      return gap * 0.5 / dt
    }
    return wanted
  }
}
