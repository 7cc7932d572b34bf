/// What each detector channel of a controller is for: the table without which a log is only numbers.
public struct DetectorConfiguration: Sendable {
  /// Function of a channel; one channel may have several.
  public enum Function: String, Sendable, CaseIterable {
    case advance = "Advance"
    case stopBarCount = "Stopbar Count"
    case presence = "Presence"
    case yellowRed = "Yellow_Red"
    case other = "Other"
  }

  public struct Row: Sendable, Hashable {
    public var device: String
    public var phase: Int
    public var function: Function
    public var channel: Int
    /// Distance before the stop line [m]; nil where the table does not say.
    public var distance: Double?
    /// Speed the approach is driven at [m/s].
    public var speed: Double?
    /// The movement counted (for turning counts): L, T or R with the approach, for example `NBL`.
    public var movement: String?
    /// Lag between the detector and the log [s].
    public var latency: Double

    public init(
      device: String, phase: Int, function: Function, channel: Int, distance: Double? = nil, speed: Double? = nil,
      movement: String? = nil, latency: Double = 0
    ) {
      self.device = device
      self.phase = phase
      self.function = function
      self.channel = channel
      self.distance = distance
      self.speed = speed
      self.movement = movement
      self.latency = latency
    }
  }

  public var rows: [Row]
  public init(rows: [Row]) { self.rows = rows }

  /// Devices in order of first appearance.
  public var devices: [String] {
    var seen = Set<String>()
    return rows.compactMap { seen.insert($0.device).inserted ? $0.device : nil }
  }

  /// Phases of a device that have a detector of `function`, ascending.
  public func phases(_ device: String, _ function: Function) -> [Int] {
    Set(rows.filter { $0.device == device && $0.function == function }.map(\.phase)).sorted()
  }

  public func rows(_ device: String, _ phase: Int, _ function: Function) -> [Row] {
    rows.filter { $0.device == device && $0.phase == phase && $0.function == function }
  }
}
