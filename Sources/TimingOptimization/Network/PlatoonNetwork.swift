import TrafficFlow
import TrafficModel

/// Signalled traffic as streams: what the platoon model computes on.
///
/// A stream is a lane, or lanes that always flow alike, before a signal. It has one or more parts, each ruled by one row (a link
/// index) of its signal; a vehicle of a part that has red holds up those behind it. Feeds carry the outflow of one stream, spread
/// on its way, to another.
public struct PlatoonNetwork: Sendable {
  public struct Part: Sendable, Hashable {
    /// Row of the network: the signal's first row plus link index.
    public var row: Int
    /// Share of the stream's vehicles.
    public var share: Double
    /// Streams this part gives way to while its green is permissive, each with the share of its outflow that matters.
    public var opponents: [Opponent] = []
    public init(row: Int, share: Double, opponents: [Opponent] = []) {
      self.row = row
      self.share = share
      self.opponents = opponents
    }
  }

  public struct Opponent: Sendable, Hashable {
    public var stream: Int
    public var share: Double
    public init(stream: Int, share: Double) {
      self.stream = stream
      self.share = share
    }
  }

  public struct Feed: Sendable, Hashable {
    public var stream: Int
    /// Share of the upstream outflow that comes here.
    public var share: Double
    public init(stream: Int, share: Double) {
      self.stream = stream
      self.share = share
    }
  }

  /// Feeds that take equally long.
  public struct FeedGroup: Sendable, Hashable {
    /// Free-flow time from stop line to stop line [s].
    public var travelTime: Double
    public var feeds: [Feed]
    public init(travelTime: Double, feeds: [Feed]) {
      self.travelTime = travelTime
      self.feeds = feeds
    }
  }

  public struct Stream: Sendable, Hashable {
    public var signal: Int
    /// Of all its lanes [veh/s].
    public var saturationFlow: Double
    /// Demand [veh/s], inside and outside arrivals together.
    public var demand: Double
    /// Demand that comes from no other stream [veh/s].
    public var external: Double
    public var parts: [Part]
    public var groups: [FeedGroup] = []
    /// Vehicles that fit between stop line and the upstream junction.
    public var storage: Double
    /// What one stop costs beyond standing: slowing down and speeding up again [s].
    public var stopLoss: Double
    /// Free-flow time along the lanes that hold `storage` [s].
    public var freeTime: Double
    public init(
      signal: Int, saturationFlow: Double, demand: Double, external: Double, parts: [Part], groups: [FeedGroup] = [],
      storage: Double = .infinity, stopLoss: Double = 4, freeTime: Double = 10
    ) {
      self.signal = signal
      self.saturationFlow = saturationFlow
      self.demand = demand
      self.external = external
      self.parts = parts
      self.groups = groups
      self.storage = storage
      self.stopLoss = stopLoss
      self.freeTime = freeTime
    }
  }

  /// First row of each signal, and the number of all rows at the end.
  public var rowStart: [Int]
  public var streams: [Stream]
  /// How long the demand lasts [s].
  public var period: Double

  public init(rowStart: [Int], streams: [Stream], period: Double) {
    self.rowStart = rowStart
    self.streams = streams
    self.period = period
  }

  public var signalCount: Int { rowStart.count - 1 }
  public var rowCount: Int { rowStart[rowStart.count - 1] }
  /// Vehicles a second through all stop lines.
  public var throughput: Double { streams.reduce(0) { $0 + $1.demand } }
}
