/// Flow against density as a triangle: free speed up to capacity, a constant backward wave down to the jam.
///
/// Speeds in m/s, densities in veh/m, flows in veh/s; of a lane or of a whole road alike.
public struct TriangularFundamentalDiagram: Sendable, Hashable {
  /// Free-flow speed u.
  public let freeSpeed: Double
  /// Jam density κ.
  public let jamDensity: Double
  /// Speed w at which congestion travels backwards, positive.
  public let waveSpeed: Double

  public init(freeSpeed: Double, jamDensity: Double, waveSpeed: Double) {
    precondition(freeSpeed > 0 && jamDensity > 0 && waveSpeed > 0, "u \(freeSpeed), κ \(jamDensity), w \(waveSpeed)")
    self.freeSpeed = freeSpeed
    self.jamDensity = jamDensity
    self.waveSpeed = waveSpeed
  }

  /// From drivers' reaction time τ: each follows the one ahead τ later and one jam spacing behind, so w = 1/(τκ).
  public init(freeSpeed: Double, jamDensity: Double, reactionTime τ: Double) {
    self.init(freeSpeed: freeSpeed, jamDensity: jamDensity, waveSpeed: 1 / (τ * jamDensity))
  }

  /// q_max = u w κ / (u + w).
  public var capacity: Double { freeSpeed * waveSpeed * jamDensity / (freeSpeed + waveSpeed) }
  /// Density at capacity.
  public var criticalDensity: Double { capacity / freeSpeed }

  /// Flow at a density within 0...κ.
  public func flow(density k: Double) -> Double { max(0, min(freeSpeed * k, waveSpeed * (jamDensity - k))) }
  /// Speed at a density.
  public func speed(density k: Double) -> Double { k <= criticalDensity ? freeSpeed : flow(density: k) / k }
  /// Density of a congested stream of the given flow.
  public func congestedDensity(flow q: Double) -> Double { jamDensity - q / waveSpeed }
}
