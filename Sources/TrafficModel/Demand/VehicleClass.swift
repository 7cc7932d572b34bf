/// Classes of road users, as lane permissions speak of them: SUMO's abstract vehicle classes.
public struct VehicleClassSet: OptionSet, Hashable, Sendable, Codable {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Every class and its name, in bit order.
  public static let names: [String] = [
    "private", "emergency", "authority", "army", "vip", "pedestrian", "passenger", "hov", "taxi", "bus", "coach", "delivery", "truck",
    "trailer", "motorcycle", "moped", "bicycle", "evehicle", "tram", "rail_urban", "rail", "rail_electric", "rail_fast", "ship",
    "container",
    "cable_car", "subway", "aircraft", "wheelchair", "scooter", "drone", "custom1", "custom2",
  ]

  public init?(name: some StringProtocol) {
    guard let bit = Self.names.firstIndex(where: { $0 == name }) else { return nil }
    self.init(rawValue: 1 << UInt64(bit))
  }

  public static let `private` = VehicleClassSet(rawValue: 1 << 0)
  public static let emergency = VehicleClassSet(rawValue: 1 << 1)
  public static let pedestrian = VehicleClassSet(rawValue: 1 << 5)
  public static let passenger = VehicleClassSet(rawValue: 1 << 6)
  public static let taxi = VehicleClassSet(rawValue: 1 << 8)
  public static let bus = VehicleClassSet(rawValue: 1 << 9)
  public static let coach = VehicleClassSet(rawValue: 1 << 10)
  public static let delivery = VehicleClassSet(rawValue: 1 << 11)
  public static let truck = VehicleClassSet(rawValue: 1 << 12)
  public static let trailer = VehicleClassSet(rawValue: 1 << 13)
  public static let motorcycle = VehicleClassSet(rawValue: 1 << 14)
  public static let moped = VehicleClassSet(rawValue: 1 << 15)
  public static let bicycle = VehicleClassSet(rawValue: 1 << 16)
  public static let tram = VehicleClassSet(rawValue: 1 << 18)
  public static let railUrban = VehicleClassSet(rawValue: 1 << 19)
  public static let rail = VehicleClassSet(rawValue: 1 << 20)
  public static let ship = VehicleClassSet(rawValue: 1 << 23)
  public static let all = VehicleClassSet(rawValue: (1 << 33) - 1)
  /// A vehicle that ignores lane permissions: it belongs to no class and may drive wherever any road user may.
  public static let ignoring: VehicleClassSet = []

  /// Names of the classes in the set, in bit order.
  public var memberNames: [String] { Self.names.enumerated().filter { rawValue & (1 << UInt64($0.offset)) != 0 }.map(\.element) }

  /// Whether a vehicle of `vehicleClass` (one class, or ``ignoring``) may use a lane with these permissions.
  public func admits(_ vehicleClass: VehicleClassSet) -> Bool { vehicleClass.isEmpty || !isDisjoint(with: vehicleClass) }
}
