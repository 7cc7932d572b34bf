/// A street of signals to be timed for progression: what the bandwidth methods need, and nothing of the network it came from.
///
/// Signals are in outbound order; `links[i]` joins `signals[i]` and `signals[i + 1]`. Shares of the cycle are fractions from 0 to 1.
public struct ArterialProblem: Equatable, Sendable {
  /// A green within the cycle.
  public struct GreenWindow: Equatable, Sendable, Codable {
    /// Where it begins, from the signal's own zero [cycles].
    public var start: Double
    /// How long it lasts [cycles].
    public var length: Double

    public init(start: Double, length: Double) {
      self.start = start
      self.length = length
    }
  }

  /// One way a signal can order its phases, seen from the street.
  public struct PhaseOrder: Equatable, Sendable, Codable {
    public var name: String
    public var outbound: GreenWindow
    public var inbound: GreenWindow

    public init(_ name: String, outbound: GreenWindow, inbound: GreenWindow) {
      self.name = name
      self.outbound = outbound
      self.inbound = inbound
    }
  }

  /// One signal on the street.
  public struct Signal: Equatable, Sendable {
    public var name: String
    /// The phase orders to choose from; a single one leaves no choice.
    public var orders: [PhaseOrder]
    /// How much earlier than the platoon the green comes, for turned-in traffic waiting at the stop line [s].
    public var outboundQueueClearance: Double
    public var inboundQueueClearance: Double

    public init(_ name: String, orders: [PhaseOrder], outboundQueueClearance: Double = 0, inboundQueueClearance: Double = 0) {
      self.name = name
      self.orders = orders
      self.outboundQueueClearance = outboundQueueClearance
      self.inboundQueueClearance = inboundQueueClearance
    }

    /// A signal whose two directions have the same or different greens about a common middle.
    public init(_ name: String, outboundGreen: Double, inboundGreen: Double) {
      self.init(
        name,
        orders: [
          PhaseOrder(
            "", outbound: GreenWindow(start: -0.5 * outboundGreen, length: outboundGreen),
            inbound: GreenWindow(start: -0.5 * inboundGreen, length: inboundGreen))
        ])
    }
  }

  /// One direction of a street between two signals.
  public struct Travel: Equatable, Sendable {
    /// Stop line to stop line [m].
    public var length: Double
    /// Progression speeds allowed [m/s].
    public var speed: ClosedRange<Double>
    /// Traffic that uses the band [veh/h], and what the approach could carry all the time [veh/h]: their ratio weighs the band.
    public var volume: Double
    public var saturationFlow: Double

    public init(length: Double, speed: ClosedRange<Double>, volume: Double = 1, saturationFlow: Double = 1) {
      self.length = length
      self.speed = speed
      self.volume = volume
      self.saturationFlow = saturationFlow
    }
  }

  /// Both directions between two neighbouring signals.
  public struct Link: Equatable, Sendable {
    public var outbound: Travel
    public var inbound: Travel

    public init(outbound: Travel, inbound: Travel) {
      self.outbound = outbound
      self.inbound = inbound
    }

    /// A link that is the same both ways.
    public init(length: Double, speed: ClosedRange<Double>) {
      self.init(outbound: Travel(length: length, speed: speed), inbound: Travel(length: length, speed: speed))
    }
  }

  public var signals: [Signal]
  public var links: [Link]
  /// Common cycles allowed [s].
  public var cycle: ClosedRange<Double>
  /// How much the progression's slowness, 1/speed, may change from one link to the next [s/m]; nil leaves it free.
  public var maximumSlownessChange: Double?

  public init(signals: [Signal], links: [Link], cycle: ClosedRange<Double>, maximumSlownessChange: Double? = nil) {
    self.signals = signals
    self.links = links
    self.cycle = cycle
    self.maximumSlownessChange = maximumSlownessChange
  }
}

/// A direction along the street.
public enum ArterialDirection: String, Sendable, Codable, CaseIterable {
  case outbound, inbound
}
