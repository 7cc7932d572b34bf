/// Random numbers without a state: the value is a function of (seed, vehicle, step, purpose), so the order in which vehicles are visited, and
/// the thread that visits them, cannot matter.
enum CounterRandom {
  /// What a number is drawn for; two purposes never share a stream.
  enum Purpose: UInt64 {
    case dawdling = 1
    case speedFactor = 2
    case vehicleType = 3
    case departure = 4
    case lane = 5
    case position = 6
    case junction = 7
    case tieBreak = 8
  }

  /// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
  @inline(__always)
  static func mix(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Uniform in [0, 1).
  @inline(__always)
  static func uniform(seed: UInt64, entity: UInt64, step: UInt64, purpose: Purpose) -> Double {
    uniform(key: key(seed: seed, purpose: purpose), entity: entity, step: step)
  }

  /// What stays the same of a seed and a purpose.
  @inline(__always)
  static func key(seed: UInt64, purpose: Purpose) -> UInt64 { mix(seed ^ (purpose.rawValue &* 0xD6E8_FEB8_6659_FD93)) }

  /// Uniform in [0, 1).
  @inline(__always)
  static func uniform(key: UInt64, entity: UInt64, step: UInt64) -> Double {
    let bits = mix(key ^ mix(entity &* 0xA24B_AED4_963E_E407 ^ step &* 0x9FB2_1C65_1E98_DF25))
    return Double(bits >> 11) * 0x1.0p-53
  }

  /// Normal with mean 0 and deviation 1, by Box and Muller's method.
  static func normal(seed: UInt64, entity: UInt64, draw: UInt64, purpose: Purpose) -> Double {
    let u = 1 - uniform(seed: seed, entity: entity, step: 2 &* draw, purpose: purpose)
    let v = uniform(seed: seed, entity: entity, step: 2 &* draw &+ 1, purpose: purpose)
    return (-2 * Elementary.log(u)).squareRoot() * Elementary.cos(2 * .pi * v)
  }
}
