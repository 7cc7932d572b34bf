import Testing
import TrafficModel

/// Against figures printed by SUMO 1.28's `emissionsMap` for HBEFA3/PC_G_EU4, six digits.
@Suite struct EmissionModelTests {
  static let points: [(v: Double, a: Double)] = [
    (0, 0), (5, 0), (5, 1), (10, 0), (10, 1), (15, 0), (15, 1), (15, 2), (20, 0), (20, 2),
  ]
  static let carbonDioxide = [2624.72, 2172.22, 3475.56, 2112.22, 4718.89, 2444.72, 6354.72, 10264.7, 3169.72, 13596.4]
  static let fuel = [837.222, 692.875, 1108.57, 673.722, 1505.11, 779.764, 2026.85, 3273.93, 1011.0, 4336.56]
  static let nitrogenOxides = [1.20444, 0.854653, 1.46965, 0.695278, 1.92528, 0.726319, 2.57132, 4.41632, 0.947778, 5.86778]

  @Test func petrolCarMatchesTheTool() {
    let (model, isFallback) = EmissionModel.named("HBEFA3/PC_G_EU4")
    #expect(!isFallback)
    for (i, point) in Self.points.enumerated() {
      let rates = model.rates(speed: point.v, acceleration: point.a)
      #expect(abs(rates.carbonDioxide / Self.carbonDioxide[i] - 1) < 5e-6)
      #expect(abs(rates.fuel / Self.fuel[i] - 1) < 5e-6)
      #expect(abs(rates.nitrogenOxides / Self.nitrogenOxides[i] - 1) < 5e-6)
    }
  }

  @Test func aRollingCarBurnsNothing() {
    let model = EmissionModel.named("HBEFA3/PC_G_EU4").model
    #expect(model.rates(speed: 10, acceleration: -0.24).fuel == 0)
    #expect(model.rates(speed: 10, acceleration: -0.23).fuel > 0)
    #expect(model.rates(speed: 0, acceleration: -1).fuel > 0, "an engine at a stop idles")
  }

  @Test func unknownClassesFallBackAndSaySo() {
    let (model, isFallback) = EmissionModel.named("PHEMlight5/unheard of")
    #expect(isFallback && model.name == EmissionModel.fallbackName)
  }

  @Test func nothingIsEverNegative() {
    for name in EmissionModel.knownNames {
      let model = EmissionModel.named(name).model
      for v in stride(from: 0.0, through: 50, by: 2.5) {
        for a in stride(from: -6.0, through: 4, by: 0.5) {
          let e = model.rates(speed: v, acceleration: a)
          #expect(min(e.fuel, e.carbonDioxide, e.carbonMonoxide, e.hydrocarbons, e.nitrogenOxides, e.particles) >= 0)
        }
      }
    }
  }
}
