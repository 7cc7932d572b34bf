/// The foot, in which the Highway Capacity Manual's and ITE's constants are given.
enum Foot {
  /// [m]
  static let length = 0.3048
}

/// The mile, likewise.
enum Mile {
  /// One mile an hour [m/s].
  static let perHour = 0.44704
}
