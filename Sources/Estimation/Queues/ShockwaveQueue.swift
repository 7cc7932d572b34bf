/// The longest queue of a cycle from a loop that the queue stands over, by the shock waves that pass it.
///
/// The loop falls silent, occupied, when the queue reaches it. After green begins the discharge wave comes by and frees it (B); it gives
/// the wave's speed. The queue's last vehicle passes it before the first long gap (C): it started where the discharge wave met the back of
/// the queue, so L = L_d + (T_C − T_B)/(1/v₂ + 1/v₃).
/// Source: H. X. Liu, X. Wu, W. Ma, H. Hu, Transportation Research C 17, 2009.
public struct ShockwaveQueue: Sendable {
  public struct Settings: Sendable, Hashable {
    /// A loop occupied for longer than this is stood upon [s].
    public var occupied = 3.0
    /// Longest headway within a discharging queue [s].
    public var gap = 3.5
    /// Speed v₃ of vehicles that discharge, as a share of the limit.
    public var discharge = 0.85
    /// Room a standing vehicle takes [m].
    public var spacing = 7.5
    /// Discharge waves run at speeds between these [m/s]; outside of them the loop was not freed by one.
    public var slowestWave = 2.5
    public var fastestWave = 9.0
    public init() {}
  }

  public struct Estimate: Sendable, Hashable {
    public enum Reach: Sendable, Hashable {
      /// The queue did not come as far as the loop: it is no longer than `length`.
      case within
      /// Its back was seen.
      case seen
      /// It still passed when the next red began: it is at least `length`.
      case beyond
    }
    public var reach: Reach
    /// From the stop line [m], and in vehicles of the lane with the variance of the latter.
    public var length: Double
    public var vehicles: Double
    public var variance: Double
    /// Speed of the discharge wave [m/s], where it passed the loop.
    public var wave: Double?
  }

  public let settings: Settings
  /// Loop to stop line [m] and speed limit [m/s].
  public let distance: Double
  public let speed: Double

  public init(distance: Double, speed: Double, settings: Settings = Settings()) {
    precondition(distance > 0 && speed > 0, "a loop \(distance) m before the stop line at \(speed) m/s")
    self.distance = distance
    self.speed = speed
    self.settings = settings
  }

  /// The cycle whose green begins at `green` and whose next red begins at `red`; `pulses` are the times the loop was occupied from and to,
  /// ascending, from the red before on [s].
  public func estimate(pulses: [(on: Double, off: Double)], green: Double, red: Double) -> Estimate {
    let s = settings
    // Stood upon, and freed after green began by a wave of possible speed.
    let waves = distance / s.fastestWave...distance / s.slowestWave
    guard
      let freed = pulses.firstIndex(where: {
        $0.off - $0.on > s.occupied && $0.on < green + waves.upperBound && waves.contains($0.off - green)
      })
    else {
      let most = distance / s.spacing
      return Estimate(reach: .within, length: distance, vehicles: most / 2, variance: most * most / 12, wave: nil)
    }
    let begin = pulses[freed].off
    let wave = distance / (begin - green)
    var end = begin
    var reach = Estimate.Reach.beyond
    for pulse in pulses[(freed + 1)...] {
      if pulse.on - end > s.gap {
        reach = .seen
        break
      }
      guard pulse.off < red else { break }
      end = pulse.off
    }
    // No more came: a gap as well, if it had time to show.
    if reach == .beyond, pulses.last.map({ $0.off <= end }) ?? true, red - end > s.gap { reach = .seen }
    let rate = 1 / (1 / wave + 1 / (s.discharge * speed))
    let length = distance + (end - begin) * rate
    // The last vehicle's headway and the wave's speed are known to about a second.
    let doubt = rate * (1 + (end - begin) / max(begin - green, 1) * rate / wave)
    return Estimate(
      reach: reach, length: length, vehicles: length / s.spacing, variance: doubt * doubt / (s.spacing * s.spacing) + 0.5, wave: wave)
  }
}
