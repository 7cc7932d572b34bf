/// Car following in discrete time: how fast a vehicle may drive so that it can still stop, or slow down, in time.
///
/// The formulas are those of SUMO's collision-free model after Krauss (1998) with its semi-implicit Euler update: the speed chosen for a step
/// is driven for the whole of it. `dt` is the step [s]; gaps are net of the minimum gap [m]; speeds [m/s]; decelerations positive [m/s²].
enum Following {
  /// Slack that keeps rounding from turning a stop into a crossing [m].
  static let epsilon = 0.001
  static let positionEpsilon = 0.1
  /// At or below this a vehicle counts as standing [m/s].
  static let haltingSpeed = 0.1
  /// Emergency braking is planned a little harder than computed.
  static let emergencyAmplifier = 1.2

  /// Distance covered until standstill with deceleration `decel` after driving `tau` seconds on [m].
  @inline(__always)
  static func brakeGap(_ speed: Double, decel: Double, tau: Double, dt: Double) -> Double {
    let reduction = decel * dt
    let steps = (speed / reduction).wholePart
    return dt * (steps * speed - reduction * steps * (steps + 1) * 0.5) + speed * tau
  }

  /// Largest speed from which a stop within `gap` is possible, driving on for `headway` seconds first.
  @inline(__always)
  static func safeStop(gap: Double, decel: Double, headway t: Double, dt s: Double) -> Double {
    let g = gap - epsilon
    if g < 0 { return 0 }
    let b = decel * s
    // From a crawl no whole step of braking is needed: what the formula comes to where `n` is 0.
    if 2 * t >= s, g < 0.5 * b * t { return g / t }
    let root = (s * s + 4 * (s * (2 * g / b - t) + t * t)).squareRoot()
    let n = (0.5 - (t - 0.5 * root) / s).wholePart
    let h = 0.5 * n * (n - 1) * b * s + n * b * t
    return n * b + (g - h) / (n * s + t)
  }

  /// Whether ``safeStop(gap:decel:headway:dt:)`` surely allows `speed`, told without a root: braking in steps takes less way than braking all
  /// the while. `half` is half the inverse of the deceleration [s²/m].
  @inline(__always)
  static func surelyStops(from speed: Double, within gap: Double, half: Double, headway: Double) -> Bool {
    gap > speed * (headway + speed * half) + sureMargin
  }

  /// Whether the safe speed behind a leader surely allows `speed`. `leaderHalf`: half the inverse of the larger of both decelerations.
  @inline(__always)
  static func surelyFollows(
    at speed: Double, gap: Double, leaderSpeed: Double, half: Double, leaderHalf: Double, tau: Double, dt: Double
  ) -> Bool {
    // Braking in steps takes the leader at least this far.
    gap + max(0, leaderSpeed * (leaderSpeed * leaderHalf - 0.5 * dt)) > speed * (tau + speed * half) + sureMargin
  }

  /// Room for rounding in what is told without computing it [m].
  static let sureMargin = 0.01

  /// Deceleration that just avoids a collision [m/s²].
  @inline(__always)
  static func emergencyDeceleration(gap: Double, speed: Double, leaderSpeed: Double, leaderDecel: Double, limit: Double) -> Double {
    if gap <= 0 { return limit }
    let leaderDistance = 0.5 * leaderSpeed * leaderSpeed / leaderDecel
    let first = 0.5 * speed * speed / (gap + leaderDistance)
    if first <= leaderDecel { return first }
    return 0.5 * (speed * speed - leaderSpeed * leaderSpeed) / gap
  }

  /// Softens a safe speed that would ask for more than comfortable braking to what is really needed.
  @inline(__always)
  static func relaxed(
    _ safe: Double, gap: Double, speed: Double, leaderSpeed: Double, leaderDecel: Double, decel: Double, emergency: Double, dt: Double
  ) -> Double {
    let wanted = (speed - safe) / dt
    guard decel != emergency, wanted > decel + epsilon else { return safe }
    let needed =
      emergencyAmplifier
      * emergencyDeceleration(gap: gap, speed: speed, leaderSpeed: leaderSpeed, leaderDecel: leaderDecel, limit: emergency)
    return max(speed - min(max(needed, decel), wanted) * dt, 0)
  }

  /// Speed for the coming step that allows a stop within `gap`.
  @inline(__always)
  static func stopSpeed(
    _ type: UnsafePointer<TypeRecord>, speed: Double, gap: Double, decel: Double, relax: Bool, desired: Double = .infinity, dt: Double
  ) -> Double {
    if type.pointee.model == 1 { return IDM.stopSpeed(type, speed: speed, gap: gap, decel: decel, desired: desired, dt: dt) }
    var safe = safeStop(gap: gap, decel: decel, headway: dt, dt: dt)
    if relax {
      safe = relaxed(
        safe, gap: gap, speed: speed, leaderSpeed: 0, leaderDecel: 1, decel: type.pointee.decel, emergency: type.pointee.emergency, dt: dt)
    }
    return min(safe, speed + type.pointee.accel * dt, type.pointee.maxSpeed)
  }

  /// Speed behind a leader that may brake at any moment; `insertion` and `changing` leave emergency braking out of account.
  @inline(__always)
  static func safeFollow(
    _ type: UnsafePointer<TypeRecord>, speed: Double, gap: Double, leaderSpeed: Double, leaderDecel: Double, insertion: Bool,
    changing: Bool,
    dt: Double
  ) -> Double {
    let decel = type.pointee.decel
    var safe: Double
    if gap >= 0 || changing {
      let leaderDistance = brakeGap(leaderSpeed, decel: max(decel, leaderDecel), tau: 0, dt: dt)
      safe = safeStop(gap: gap + leaderDistance, decel: decel, headway: type.pointee.tau, dt: dt)
    } else {
      safe = max(speed - type.pointee.emergency * dt, 0)
    }
    if !insertion && !changing {
      safe = relaxed(
        safe, gap: gap, speed: speed, leaderSpeed: leaderSpeed, leaderDecel: leaderDecel, decel: decel, emergency: type.pointee.emergency,
        dt: dt)
    }
    return safe
  }

  /// Speed for the coming step behind a leader.
  @inline(__always)
  static func followSpeed(
    _ type: UnsafePointer<TypeRecord>, speed: Double, gap: Double, leaderSpeed: Double, leaderDecel: Double, desired: Double,
    changing: Bool = false, dt: Double
  ) -> Double {
    if type.pointee.model == 1 {
      return IDM.followSpeed(type, speed: speed, gap: gap, leaderSpeed: leaderSpeed, desired: desired, dt: dt)
    }
    let safe = safeFollow(
      type, speed: speed, gap: gap, leaderSpeed: leaderSpeed, leaderDecel: leaderDecel, insertion: false, changing: changing, dt: dt)
    return min(safe, speed + type.pointee.accel * dt, type.pointee.maxSpeed)
  }

  /// Speed for the coming step with which a vehicle may drive at `target` after `distance`.
  @inline(__always)
  static func freeSpeed(
    _ type: UnsafePointer<TypeRecord>, speed: Double, distance: Double, target: Double, desired: Double, insertion: Bool = false, dt: Double
  ) -> Double {
    if type.pointee.model == 1 { return IDM.freeSpeed(type, speed: speed, distance: distance, target: target, desired: desired, dt: dt) }
    return freeSpeed(decel: type.pointee.decel, distance: distance, target: target, insertion: insertion, dt: dt)
  }

  /// Speed from which `target` is reached after `distance` with comfortable braking.
  @inline(__always)
  static func freeSpeed(decel: Double, distance: Double, target: Double, insertion: Bool, dt: Double) -> Double {
    let v = target * dt
    if distance < v { return target }
    let b = decel * dt * dt
    let y = max(0, (((b + 2 * v) * (b + 2 * v) + 8 * b * distance).squareRoot() - b) * 0.5 - v) / b
    let full = y.wholePart
    let exact = (full * full + full) * 0.5 * b + full * v + (y > full ? v : 0)
    let gain = (full + (insertion ? 1 : 0)) * decel * dt
    return max(0, distance - exact) / (full + 1) / dt + gain + target
  }

  /// Speed after `distance` with constant acceleration.
  @inline(__always)
  static func speed(after distance: Double, from speed: Double, accel: Double, maxSpeed: Double) -> Double {
    max(0, min(maxSpeed, max(0, 2 * distance * accel + speed * speed).squareRoot()))
  }

  /// Shortest time to cover `distance` and be at `arrivalSpeed` [s].
  @inline(__always)
  static func arrivalTime(distance: Double, speed: Double, arrivalSpeed: Double, accel: Double, decel: Double) -> Double {
    if distance <= 0 { return 0 }
    let a = arrivalSpeed >= speed ? accel : -decel
    let time = (arrivalSpeed - speed) / a
    let way = time * (arrivalSpeed + speed) * 0.5
    if distance >= way { return time + (distance - way) / max(speed, arrivalSpeed, haltingSpeed) }
    return -(speed - max(speed * speed + 2 * a * distance, 0).squareRoot()) / a
  }

  /// Slowest speed at which a braking vehicle reaches a point `distance` ahead; nil stands for "this very step".
  @inline(__always)
  static func slowestArrival(distance: Double, speed: Double, decel: Double, tau: Double, maxSpeed: Double) -> Double {
    if distance < speed { return .infinity }
    let rest = distance - speed * tau
    if -2 * rest * decel + speed * speed >= 0 { return Following.speed(after: rest, from: speed, accel: -decel, maxSpeed: maxSpeed) }
    return decel
  }

  /// Gap a follower needs so that both can brake to a stand.
  @inline(__always)
  static func secureGap(
    _ type: UnsafePointer<TypeRecord>, speed: Double, leaderSpeed: Double, leaderDecel: Double, acceleration: Double, changing: Bool,
    dt: Double
  ) -> Double {
    if type.pointee.model == 1 { return IDM.secureGap(type, speed: speed, leaderSpeed: leaderSpeed) }
    let decel = type.pointee.decel, tau = type.pointee.tau
    let leader = brakeGap(leaderSpeed, decel: max(decel, leaderDecel), tau: 0, dt: dt)
    var gap = max(0, brakeGap(speed, decel: decel, tau: tau, dt: dt) - leader)
    if changing && acceleration < -epsilon {
      // It is braking already and could brake harder: what it does now shows it has room.
      gap = min(gap, max(0, brakeGap(speed, decel: -acceleration, tau: tau, dt: dt) - leader))
    }
    return gap
  }
}
