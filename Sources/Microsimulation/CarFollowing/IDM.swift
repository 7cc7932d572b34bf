/// The intelligent driver model (Treiber, Hennecke and Helbing 2000), integrated in quarter-second steps as SUMO does.
///
/// Speeds in m/s, gaps net of the minimum gap in m; `desired` is what the driver aims at on the lane driven now.
enum IDM {
  static let innerStep = 0.25
  /// A gap that stands for a free road [m].
  static let freeRoad = 1e6

  /// Speed for the coming step behind a leader, at whose back `minGap` is kept.
  static func followSpeed(
    _ type: UnsafePointer<TypeRecord>, speed: Double, gap: Double, leaderSpeed: Double, desired: Double, minGap: Double? = nil, dt: Double
  ) -> Double {
    let rounds = max(1, Int((dt / innerStep + 0.5)))
    let rest = minGap ?? type.pointee.minGap
    let wish = max(desired, Following.epsilon)
    var v = speed
    var g = gap + rest
    for _ in 0..<rounds {
      let s = rest + secureGap(type, speed: v, leaderSpeed: leaderSpeed)
      g = max(Following.epsilon, g)
      let acceleration = type.pointee.accel * (1 - Elementary.pow(v / wish, type.pointee.idmDelta) - s * s / (g * g))
      v = max(0, v + acceleration * dt / Double(rounds))
      g -= max(0, (v - leaderSpeed) * dt / Double(rounds))
    }
    return v
  }

  static func stopSpeed(
    _ type: UnsafePointer<TypeRecord>, speed: Double, gap: Double, decel: Double, desired: Double, dt: Double
  ) -> Double {
    if gap < 0.01 { return 0 }
    let wish = min(desired, type.pointee.maxSpeed)
    let wanted = followSpeed(type, speed: speed, gap: gap, leaderSpeed: 0, desired: wish, minGap: 0, dt: dt)
    // The model would never quite get there.
    if speed < Following.epsilon, wanted < Following.epsilon { return Following.safeStop(gap: gap, decel: decel, headway: dt, dt: dt) }
    return wanted
  }

  /// Speed for the coming step with which a vehicle may drive at `target` after `distance`.
  static func freeSpeed(
    _ type: UnsafePointer<TypeRecord>, speed: Double, distance: Double, target: Double, desired: Double, dt: Double
  ) -> Double {
    let secure = secureGap(type, speed: target, leaderSpeed: 0)
    let safe =
      speed <= target
      ? followSpeed(type, speed: speed, gap: freeRoad, leaderSpeed: target, desired: desired, minGap: 0, dt: dt)
      : followSpeed(type, speed: speed, gap: max(distance, secure), leaderSpeed: 0, desired: desired, minGap: 0, dt: dt)
    return distance < secure ? min(safe, target) : safe
  }

  /// Speed at which a vehicle that would like to enter at `speed` is not made to brake hard at once.
  static func insertionSpeed(_ type: UnsafePointer<TypeRecord>, speed: Double, gap: Double, leaderSpeed: Double, dt: Double) -> Double {
    var speed = speed
    while gap < secureGap(type, speed: speed, leaderSpeed: leaderSpeed) {
      let next = followSpeed(type, speed: speed, gap: gap, leaderSpeed: leaderSpeed, desired: type.pointee.maxSpeed, dt: dt)
      let after = followSpeed(type, speed: next, gap: gap, leaderSpeed: leaderSpeed, desired: type.pointee.maxSpeed, dt: dt)
      if next - after < 1 { return next }
      speed = next
    }
    return speed
  }

  /// Gap kept at this speed beyond the minimum gap.
  @inline(__always)
  static func secureGap(_ type: UnsafePointer<TypeRecord>, speed: Double, leaderSpeed: Double) -> Double {
    let root = 2 * (type.pointee.accel * type.pointee.decel).squareRoot()
    return max(0, speed * type.pointee.tau + speed * (speed - leaderSpeed) / root)
  }
}
