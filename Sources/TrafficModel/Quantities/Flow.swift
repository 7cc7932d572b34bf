/// A rate of vehicles. Inside a computation use plain `Double` in vehicles per second; this type stands at the boundaries, where
/// the field's hourly figures come in and go out.
public struct Flow: Hashable, Comparable, Sendable, Codable {
  /// [veh/s]
  public var vehiclesPerSecond: Double

  public init(vehiclesPerSecond: Double) { self.vehiclesPerSecond = vehiclesPerSecond }
  public init(vehiclesPerHour: Double) { vehiclesPerSecond = vehiclesPerHour / 3600 }

  /// [veh/h]
  public var vehiclesPerHour: Double { vehiclesPerSecond * 3600 }

  public static let zero = Flow(vehiclesPerSecond: 0)
  public static func < (a: Flow, b: Flow) -> Bool { a.vehiclesPerSecond < b.vehiclesPerSecond }
  public static func + (a: Flow, b: Flow) -> Flow { Flow(vehiclesPerSecond: a.vehiclesPerSecond + b.vehiclesPerSecond) }
  public static func * (a: Flow, b: Double) -> Flow { Flow(vehiclesPerSecond: a.vehiclesPerSecond * b) }
}

/// A speed. SI inside; km/h and mph only at the edges.
public struct Speed: Hashable, Comparable, Sendable, Codable {
  /// [m/s]
  public var metersPerSecond: Double

  public init(metersPerSecond: Double) { self.metersPerSecond = metersPerSecond }
  public init(kilometersPerHour: Double) { metersPerSecond = kilometersPerHour / 3.6 }
  public init(milesPerHour: Double) { metersPerSecond = milesPerHour * 0.44704 }

  /// [km/h]
  public var kilometersPerHour: Double { metersPerSecond * 3.6 }
  /// [mi/h]
  public var milesPerHour: Double { metersPerSecond / 0.44704 }

  public static func < (a: Speed, b: Speed) -> Bool { a.metersPerSecond < b.metersPerSecond }
}

/// A point in the network's plane, metres east and north of its origin, with height where it is known.
public struct Point: Hashable, Sendable, Codable {
  /// East [m].
  public var x: Double
  /// North [m].
  public var y: Double
  /// Height [m]; 0 where the source has none.
  public var z: Double

  public init(_ x: Double, _ y: Double, _ z: Double = 0) {
    self.x = x
    self.y = y
    self.z = z
  }

  /// Distance in the plane [m].
  public func distance(to other: Point) -> Double {
    let dx = x - other.x, dy = y - other.y
    return (dx * dx + dy * dy).squareRoot()
  }
}
