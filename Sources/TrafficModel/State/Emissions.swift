/// Fuel burnt and pollutants emitted [mg].
@frozen public struct Emissions: BitwiseCopyable, Sendable, Hashable, Codable {
  public var fuel: Double = 0
  public var carbonDioxide: Double = 0
  public var carbonMonoxide: Double = 0
  public var hydrocarbons: Double = 0
  public var nitrogenOxides: Double = 0
  public var particles: Double = 0

  public init() {}
  public static let zero = Emissions()

  /// Rates times a length of time, say.
  @inlinable public func scaled(by factor: Double) -> Emissions {
    var scaled = self
    scaled.fuel *= factor
    scaled.carbonDioxide *= factor
    scaled.carbonMonoxide *= factor
    scaled.hydrocarbons *= factor
    scaled.nitrogenOxides *= factor
    scaled.particles *= factor
    return scaled
  }

  @inlinable public static func + (a: Emissions, b: Emissions) -> Emissions {
    var sum = a
    sum += b
    return sum
  }

  @inlinable public static func += (a: inout Emissions, b: Emissions) {
    a.fuel += b.fuel
    a.carbonDioxide += b.carbonDioxide
    a.carbonMonoxide += b.carbonMonoxide
    a.hydrocarbons += b.hydrocarbons
    a.nitrogenOxides += b.nitrogenOxides
    a.particles += b.particles
  }
}
