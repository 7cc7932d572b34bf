/// One substance of one emission class as a function of speed and acceleration:
/// e = max(0, (c0 + c1·a·v + c2·a²·v + c3·v + c4·v² + c5·v³) / 3.6) [mg/s], v in m/s and a in m/s².
///
/// The form of HBEFA 3 (Handbook Emission Factors for Road Transport) that SUMO publishes; coefficients in g/h.
@frozen public struct EmissionPolynomial: Sendable, Hashable, BitwiseCopyable {
  public var c0, c1, c2, c3, c4, c5: Double

  @inlinable public init(_ c0: Double, _ c1: Double, _ c2: Double, _ c3: Double, _ c4: Double, _ c5: Double) {
    (self.c0, self.c1, self.c2, self.c3, self.c4, self.c5) = (c0, c1, c2, c3, c4, c5)
  }

  /// [mg/s]
  @inlinable public func rate(speed v: Double, acceleration a: Double) -> Double {
    let sum = c0 + v * (a * (c1 + c2 * a) + c3 + v * (c4 + c5 * v))
    return sum > 0 ? sum / 3.6 : 0
  }
}

/// Fuel and pollutants of one emission class.
///
/// ```swift
/// let (model, isFallback) = EmissionModel.named("HBEFA3/PC_G_EU4")
/// let perSecond = model.rates(speed: 10, acceleration: 1)   // perSecond.carbonDioxide ≈ 4719 mg
/// ```
///
/// The coefficients were fitted to what SUMO 1.28's `emissionsMap` prints, v = 0…40 m/s, a = 0…3 m/s²; they reproduce it to its six
/// digits. Substances for which that tool prints zero (its authors call some of these classes faulty) are zero here as well.
public struct EmissionModel: Sendable, Hashable {
  public var name: String
  public var fuel, carbonDioxide, carbonMonoxide, hydrocarbons, nitrogenOxides, particles: EmissionPolynomial

  /// The class that stands in where a name is unknown: the petrol passenger car that is SUMO's default too.
  public static let fallbackName = "HBEFA3/PC_G_EU4"

  /// The model of a class, or that of ``fallbackName`` and `isFallback` for a name nobody here knows.
  public static func named(_ name: String) -> (model: EmissionModel, isFallback: Bool) {
    if let known = table.first(where: { $0.name == name }) { return (known, false) }
    return (table[0], true)
  }

  /// Names with coefficients of their own.
  public static var knownNames: [String] { table.map(\.name) }

  /// What leaves the vehicle each second [mg/s].
  public func rates(speed: Double, acceleration: Double) -> Emissions {
    EmissionRates(self).rates(speed: speed, acceleration: acceleration)
  }

  private static let none = EmissionPolynomial(0, 0, 0, 0, 0, 0)

  private static let table: [EmissionModel] = [
    EmissionModel(
      name: "HBEFA3/PC_G_EU4",
      fuel: .init(3014, 299.3, 0, -149, 9.014, 0), carbonDioxide: .init(9449, 938.4, 0, -467.1, 28.26, 0),
      carbonMonoxide: .init(593.2, 19.32, 0, -73.25, 2.086, 0), hydrocarbons: .init(2.923, 0.1113, 0, -0.3476, 0.01032, 0),
      nitrogenOxides: .init(4.336, 0.4428, 0, -0.3204, 0.01371, 0), particles: .init(0.2375, 0.0245, 0, -0.03251, 0.001325, 0)),
    EmissionModel(
      name: "HBEFA3/PC_G_EU6",
      fuel: .init(2639, 269.6, 0, -127.9, 8.001, 0), carbonDioxide: .init(8273, 845.1, 0, -401.1, 25.08, 0),
      carbonMonoxide: .init(405.3, 13.7, 0, -49.38, 1.389, 0), hydrocarbons: .init(2.016, 0.08505, 0, -0.2338, 0.006998, 0),
      nitrogenOxides: .init(3.444, 0.4035, 0, -0.2313, 0.01086, 0), particles: .init(0.3107, 0.02274, 0, -0.04042, 0.001421, 0)),
    EmissionModel(
      name: "HBEFA3/PC_D_EU4",
      fuel: .init(2147, 233.5, 0, -61.45, 5.178, 0), carbonDioxide: .init(6824, 742.3, 0, -195.3, 16.46, 0),
      carbonMonoxide: .init(2.105, 0.02898, 0, -0.03593, 0, 0), hydrocarbons: .init(0.1208, 0.01649, 0, 0.02261, 0, 0),
      nitrogenOxides: .init(47.45, 4.011, 0, -4.061, 0.1619, 0), particles: none),
    EmissionModel(
      name: "HBEFA3/PC_D_EU6",
      fuel: .init(1241, 208.2, 0, 47.1, 0, 0.06419), carbonDioxide: .init(3946, 661.8, 0, 149.8, 0, 0.2041),
      carbonMonoxide: .init(2.096, 0.02906, 0, -0.03578, 0, 0), hydrocarbons: .init(0.1368, 0.01692, 0, 0.02037, 0, 0),
      nitrogenOxides: .init(16.31, 1.39, 0, -1.391, 0.05512, 0), particles: .init(0.553, 0.01902, 0, -0.06184, 0.001758, 0)),
    EmissionModel(
      name: "HBEFA3/PC",
      fuel: .init(2937, 301, 0, -128.6, 8.373, 0), carbonDioxide: .init(9034, 925.8, 0, -394.3, 25.71, 0),
      carbonMonoxide: .init(428.7, 37.11, 0, -40.02, 1.494, 0), hydrocarbons: .init(48.97, 1.325, 0, -3.261, 0.1002, 0),
      nitrogenOxides: none, particles: .init(1.021, 0.1731, 0, -0.03389, 0, 0.0001301)),
    EmissionModel(
      name: "HBEFA3/LDV",
      fuel: .init(2294, 323.8, 0, -52.78, 7.43, 0), carbonDioxide: .init(7192, 1022, 0, -161, 23.33, 0),
      carbonMonoxide: .init(961.4, 69.4, 0, -114.3, 3.851, 0), hydrocarbons: .init(59.65, 1.963, 0, -5.305, 0.159, 0),
      nitrogenOxides: none, particles: .init(5.695, 0.2347, 0, -0.8032, 0.05115, -0.0007435)),
    EmissionModel(
      name: "HBEFA3/LDV_D_EU6",
      fuel: .init(1061, 276.9, 0, 97.17, 0, 0.088), carbonDioxide: .init(3374, 880.2, 0, 308.9, 0, 0.2798),
      carbonMonoxide: .init(1.651, 0.03157, 0, -0.02797, 0, 0), hydrocarbons: .init(0.03311, 0.01971, 0, 0.02401, 0, 0),
      nitrogenOxides: .init(13.57, 2.119, 0, -1.211, 0.07068, 0), particles: none),
    EmissionModel(
      name: "HBEFA3/HDV",
      fuel: .init(8358, 2226, 0, 551.4, 0, 0), carbonDioxide: .init(26570, 7076, 0, 1753, 0, 0),
      carbonMonoxide: .init(54.72, 7.864, 0, 1.669, 0, 0), hydrocarbons: none,
      nitrogenOxides: .init(305.6, 55.28, 0, 9.505, 0, 0), particles: .init(7.952, 0.854, 0, 0.1195, 0, 0)),
    EmissionModel(
      name: "HBEFA3/HDV_D_EU6",
      fuel: .init(7400, 2273, 0, 594.2, 0, 0), carbonDioxide: .init(23530, 7227, 0, 1889, 0, 0),
      carbonMonoxide: .init(30.78, 4.512, 0, 0.6383, 0, 0), hydrocarbons: .init(0.7469, 0.136, 0, 0.03002, 0, 0),
      nitrogenOxides: .init(47.47, 11.68, 0, 2.737, 0, 0), particles: .init(0.1279, 0.01668, 0, 0.00329, 0, 0)),
    EmissionModel(
      name: "HBEFA3/Bus",
      fuel: .init(6016, 2049, 0, 656.6, 0, 0), carbonDioxide: .init(19030, 6475, 0, 2073, 0, 0),
      carbonMonoxide: .init(72.61, 7.482, 0, 0.6348, 0, 0), hydrocarbons: .init(17.46, 0.8473, 0, 0.254, 0, 0),
      nitrogenOxides: .init(218.7, 46.17, 0, 11.27, 0, 0), particles: .init(7.222, 0.8024, 0, 0.1201, 0, 0)),
    EmissionModel(
      name: "HBEFA3/Coach",
      fuel: .init(5244, 2442, 0, 820.9, 0, 0), carbonDioxide: .init(16670, 7763, 0, 2610, 0, 0),
      carbonMonoxide: .init(70.85, 7.73, 0, 1.306, 0, 0), hydrocarbons: none,
      nitrogenOxides: .init(226.7, 60.86, 0, 16.97, 0, 0), particles: .init(8.297, 0.8085, 0, 0.1417, 0, 0)),
    EmissionModel(
      name: "HBEFA3/zero", fuel: none, carbonDioxide: none, carbonMonoxide: none, hydrocarbons: none, nitrogenOxides: none,
      particles: none),
  ]
}

/// The polynomials of an emission class without its name: plain numbers for a simulator's inner loop.
@frozen public struct EmissionRates: Sendable, BitwiseCopyable {
  public var fuel, carbonDioxide, carbonMonoxide, hydrocarbons, nitrogenOxides, particles: EmissionPolynomial

  public init(_ model: EmissionModel) {
    fuel = model.fuel
    carbonDioxide = model.carbonDioxide
    carbonMonoxide = model.carbonMonoxide
    hydrocarbons = model.hydrocarbons
    nitrogenOxides = model.nitrogenOxides
    particles = model.particles
  }

  /// Deceleration of a vehicle that rolls in gear; braking harder than this, it burns nothing [m/s², negative]. Measured from the same
  /// tool; good to 4·10⁻⁴ m/s².
  @inlinable public static func coastingAcceleration(speed v: Double) -> Double {
    let slowest = 10 / 3.6
    return v >= slowest ? -(0.1075 + 0.013 * v) : -(0.1075 + 0.013 * slowest) * v / slowest
  }

  /// Whether the engine runs without fuel at this moment.
  @inlinable public static func isCoasting(speed: Double, acceleration: Double) -> Bool {
    speed > 0.5 && acceleration < coastingAcceleration(speed: speed)
  }

  /// What leaves the vehicle each second [mg/s].
  @inlinable public func rates(speed: Double, acceleration: Double) -> Emissions {
    var rates = Emissions.zero
    if Self.isCoasting(speed: speed, acceleration: acceleration) { return rates }
    rates.fuel = fuel.rate(speed: speed, acceleration: acceleration)
    rates.carbonDioxide = carbonDioxide.rate(speed: speed, acceleration: acceleration)
    rates.carbonMonoxide = carbonMonoxide.rate(speed: speed, acceleration: acceleration)
    rates.hydrocarbons = hydrocarbons.rate(speed: speed, acceleration: acceleration)
    rates.nitrogenOxides = nitrogenOxides.rate(speed: speed, acceleration: acceleration)
    rates.particles = particles.rate(speed: speed, acceleration: acceleration)
    return rates
  }
}
