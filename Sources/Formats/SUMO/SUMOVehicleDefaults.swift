import TrafficModel

/// What a vehicle type is where its source does not say: the defaults of each class as SUMO 1.28 reports them over TraCI.
enum SUMOVehicleDefaults {
  private struct Row {
    var classes: [String]
    var length, minGap, width, height, maxSpeed, accel, decel, emergency, sigma, speedDeviation: Double
    var persons: Int
    var emission: String
    init(
      _ classes: String, _ length: Double, _ minGap: Double, _ width: Double, _ height: Double, _ kmh: Double, _ accel: Double,
      _ decel: Double, _ emergency: Double, _ sigma: Double, _ speedDeviation: Double, _ persons: Int, _ emission: String
    ) {
      self.classes = classes.split(separator: " ").map(String.init)
      (self.length, self.minGap, self.width, self.height, maxSpeed) = (length, minGap, width, height, kmh / 3.6)
      (self.accel, self.decel, self.emergency, self.sigma) = (accel, decel, emergency, sigma)
      (self.speedDeviation, self.persons, self.emission) = (speedDeviation, persons, emission)
    }
  }

  // SUMO 1.28 names HBEFA4 classes; the nearest of the polynomial classes stands in their place.
  private static let rows: [Row] = [
    Row("passenger private vip hov custom1 custom2", 5, 2.5, 1.8, 1.5, 200, 2.6, 4.5, 9, 0.5, 0.1, 4, "HBEFA3/PC_G_EU4"),
    Row("taxi", 5, 2.5, 1.8, 1.5, 200, 2.6, 4.5, 9, 0.5, 0.05, 4, "HBEFA3/PC_G_EU4"),
    Row("authority army cable_car ignoring", 5, 2.5, 1.8, 1.5, 200, 2.6, 4.5, 9, 0.5, 0, 4, "HBEFA3/PC_G_EU4"),
    Row("evehicle", 5, 2.5, 1.8, 1.5, 200, 2.6, 4.5, 9, 0.5, 0.1, 4, "HBEFA3/zero"),
    Row("emergency", 6.5, 2.5, 2.16, 2.86, 200, 2.6, 4.5, 9, 0.5, 0, 2, "HBEFA3/LDV_D_EU6"),
    Row("delivery", 6.5, 2.5, 2.16, 2.86, 200, 2.6, 4.5, 9, 0.5, 0.05, 2, "HBEFA3/LDV_D_EU6"),
    Row("bus", 12, 2.5, 2.5, 3.4, 100, 1.2, 4, 7, 0.5, 0, 85, "HBEFA3/Bus"),
    Row("coach", 14, 2.5, 2.6, 4, 100, 2, 4, 7, 0.5, 0.05, 70, "HBEFA3/Coach"),
    Row("truck", 7.1, 2.5, 2.4, 2.4, 130, 1.3, 4, 7, 0.5, 0.05, 2, "HBEFA3/HDV_D_EU6"),
    Row("trailer", 16.5, 2.5, 2.55, 4, 130, 1.1, 4, 7, 0.5, 0.05, 2, "HBEFA3/HDV_D_EU6"),
    Row("motorcycle", 2.2, 2.5, 0.9, 1.5, 200, 6, 10, 10, 0.5, 0.1, 1, "HBEFA3/PC_G_EU4"),
    Row("moped", 2.1, 2.5, 0.78, 1.7, 60, 1.1, 7, 10, 0.5, 0.1, 1, "HBEFA3/PC_G_EU4"),
    Row("bicycle", 1.6, 0.5, 0.65, 1.7, 50, 1.2, 3, 7, 0.5, 0.1, 1, "HBEFA3/zero"),
    Row("scooter", 1.2, 0.5, 0.5, 1.7, 25, 1.2, 3, 7, 0.5, 0.1, 1, "HBEFA3/zero"),
    Row("pedestrian", 0.215, 0.25, 0.478, 1.719, 37.58, 1.5, 2, 5, 0.5, 0.1, 4, "HBEFA3/zero"),
    Row("wheelchair", 1.2, 0.5, 0.72, 1.2, 30, 1.5, 2, 5, 0.5, 0.1, 4, "HBEFA3/zero"),
    Row("tram", 22, 2.5, 2.4, 3.2, 80, 1, 3, 7, 0, 0, 120, "HBEFA3/zero"),
    Row("rail_urban", 109.5, 5, 3, 3.6, 100, 1, 3, 7, 0, 0, 300, "HBEFA3/zero"),
    Row("subway", 109.5, 5, 3, 3.6, 100, 2.6, 4.5, 9, 0.5, 0, 300, "HBEFA3/zero"),
    Row("rail", 135, 5, 2.84, 3.75, 160, 0.25, 1.3, 5, 0, 0, 434, "HBEFA3/HDV"),
    Row("rail_electric", 200, 5, 2.95, 3.89, 220, 0.5, 1.3, 5, 0, 0, 425, "HBEFA3/zero"),
    Row("rail_fast", 200, 5, 2.95, 3.89, 330, 0.5, 1.3, 5, 0, 0, 425, "HBEFA3/zero"),
    Row("ship", 17, 2.5, 4, 4, 8 / 1.94 * 3.6, 0.1, 0.15, 1, 0, 0.1, 4, "HBEFA3/HDV"),
    Row("container", 6.096, 2.5, 2.438, 2.591, 200, 2.6, 4.5, 9, 0.5, 0, 4, "HBEFA3/PC_G_EU4"),
    Row("aircraft", 72.7, 2.5, 79.8, 1.5, 200, 2.6, 4.5, 9, 0.5, 0, 4, "HBEFA3/PC_G_EU4"),
    Row("drone", 0.5, 2.5, 0.5, 1.5, 200, 2.6, 4.5, 9, 0.5, 0, 4, "HBEFA3/PC_G_EU4"),
  ]

  /// The type a source means that names no more than a class. Nil for an unknown class.
  static func type(named name: String, vehicleClass: String = "passenger") -> VehicleType? {
    guard let classes = SUMOPermissions.vehicleClass(vehicleClass) else { return nil }
    let known = classes.isEmpty ? "ignoring" : classes.memberNames[0]
    guard let row = rows.first(where: { $0.classes.contains(known) }) else { return nil }
    var type = VehicleType(
      name: name, vehicleClass: classes, length: row.length, minGap: row.minGap, width: row.width, height: row.height,
      maxSpeed: row.maxSpeed, acceleration: row.accel, deceleration: row.decel, emergencyDeceleration: row.emergency, sigma: row.sigma,
      speedFactor: .init(mean: 1, deviation: row.speedDeviation, minimum: 0.2, maximum: 2), emissionClass: row.emission,
      personCapacity: row.persons)
    switch known {
    case "pedestrian", "wheelchair": type.desiredMaxSpeed = 5 / 3.6
    case "bicycle", "scooter": type.desiredMaxSpeed = 20 / 3.6
    default: break
    }
    return type
  }
}
