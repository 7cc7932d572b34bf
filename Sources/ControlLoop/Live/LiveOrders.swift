import Foundation
import TrafficModel

/// What an operator orders for one signal. Orders stack; undoing one brings back what lay beneath.
public struct LiveOrder: Sendable, Hashable, Codable {
  public enum Action: Sendable, Hashable, Codable {
    /// Show serving stage `stage` until released.
    case hold(stage: Int)
    /// Run program `program` of the signal's list by the clock.
    case forcePlan(program: Int)
    /// Decide and record, command nothing.
    case shadow
    /// Leave the signal to its local plan.
    case fallback
    case flash
    case allRed

    public var name: String {
      switch self {
      case .hold: "hold"
      case .forcePlan: "forcePlan"
      case .shadow: "shadow"
      case .fallback: "fallback"
      case .flash: "flash"
      case .allRed: "allRed"
      }
    }
  }
  public var id: UInt64
  public var signal: Int
  public var action: Action
  /// Who ordered it: the name of a token, never a person's.
  public var actor: String
  public var reason: String
  public var time: Instant
  /// When it ends by itself, where it does.
  public var until: Instant?

  public init(id: UInt64, signal: Int, action: Action, actor: String, reason: String, time: Instant, until: Instant? = nil) {
    self.id = id
    self.signal = signal
    self.action = action
    self.actor = actor
    self.reason = reason
    self.time = time
    self.until = until
  }
}

/// Something other than a reading or the clock that the engine must know: each is a record of the journal.
public enum LiveEvent: Sendable, Hashable, Codable {
  case order(LiveOrder)
  case undo(order: UInt64, actor: String, reason: String, time: Instant)
  /// A checked program to be adopted at the next cycle boundary.
  case plan(signal: Int, program: SignalProgram, reason: Message, time: Instant)
  /// The street confirms that it shows `state` for command `command`.
  case acknowledged(signal: Int, command: UInt64, state: SignalState)
  /// The street refused a command: a stale token, an expired one, one it would not show.
  case refused(signal: Int, command: UInt64, reason: String)
  /// What the signal showed when it was read back.
  case readBack(signal: Int, state: SignalState, time: Instant)
  /// This engine holds the region's lease with this fencing token; nil: it holds it no longer and commands nothing there. Where another
  /// engine held it before, `since` is when that one is last known to have done so.
  case lease(region: String, token: UInt64?, time: Instant, since: Instant? = nil)
  /// The street as a whole has gone out of reach, in words; nil: it is there again.
  case street(trouble: String?, time: Instant)
}

/// Kinds of record a live journal holds.
public enum LiveRecordKind: UInt8, Sendable, CaseIterable {
  /// ``LiveStart``, JSON.
  case start = 1
  /// ``ReadingBatch``.
  case readings = 2
  /// Instant of a tick [ms].
  case tick = 3
  /// ``LiveDecision``: an output, which replay must reproduce.
  case decision = 4
  /// ``LiveEvent``, JSON.
  case event = 5
  /// ``LiveMeasures``: an output, which replay must reproduce.
  case measures = 6
  /// ``LiveCheckpoint``: the first record of a segment.
  case checkpoint = 7
}

/// What a run of the engine begins with.
public struct LiveStart: Sendable, Hashable, Codable {
  public static let schema: UInt8 = 1
  public var topology: LiveTopology
  public var settings: LiveSettings
  public var time: Instant
  /// What each signal showed when it was read back; nil where it did not answer.
  public var shown: [SignalState?]
  /// Orders and plans that outlived the run before.
  public var standing: [LiveEvent]
  /// Regions whose lease this engine holds.
  public var regions: [String]
  /// Fencing token of each lease; nil where there are none.
  public var tokens: [String: UInt64]?
  public var provenance: Provenance
  public init(
    topology: LiveTopology, settings: LiveSettings, time: Instant, shown: [SignalState?], standing: [LiveEvent] = [], regions: [String],
    tokens: [String: UInt64]? = nil, provenance: Provenance
  ) {
    self.topology = topology
    self.standing = standing
    self.regions = regions
    self.tokens = tokens
    self.settings = settings
    self.time = time
    self.shown = shown
    self.provenance = provenance
  }
}

/// What a restart must know of all that came before a segment.
public struct LiveCheckpoint: Sendable {
  public var ledger: SourceLedger
  /// Orders in force and the plan each signal was given last.
  public var standing: [LiveEvent]
  public init(ledger: SourceLedger = SourceLedger(), standing: [LiveEvent] = []) {
    self.ledger = ledger
    self.standing = standing
  }

  public func encoded() throws -> [UInt8] {
    var writer = ByteWriter()
    writer.put(ledger.encoded())
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    writer.put([UInt8](try encoder.encode(standing)))
    return writer.bytes
  }

  public init(decoding payload: [UInt8]) throws {
    var reader = ByteReader(payload)
    ledger = try SourceLedger(decoding: try reader.takeBlock())
    standing = try JSONDecoder().decode([LiveEvent].self, from: Data(try reader.takeBlock()))
  }

  /// Keeps what of `event` outlives a restart.
  public mutating func keep(_ event: LiveEvent) {
    switch event {
    case .order(let order):
      standing.removeAll { if case .order(let old) = $0 { old.id == order.id } else { false } }
      standing.append(event)
    case .undo(let id, _, _, _): standing.removeAll { if case .order(let old) = $0 { old.id == id } else { false } }
    case .plan(let signal, _, _, _):
      standing.removeAll { if case .plan(let old, _, _, _) = $0 { old == signal } else { false } }
      standing.append(event)
    case .acknowledged, .refused, .readBack, .lease, .street: break
    }
  }

  /// Lets go of orders that have ended by `now`.
  public mutating func expire(at now: Instant) {
    standing.removeAll { if case .order(let order) = $0 { order.until.map { $0 <= now } ?? false } else { false } }
  }
}

/// How the live engine judges its data and decides.
public struct LiveSettings: Sendable, Hashable, Codable {
  /// A detector not heard for this long counts as silent.
  public var staleAfter = TimeAmount.seconds(15)
  /// A detector occupied for this long without a break counts as stuck.
  public var stuckAfter = TimeAmount.seconds(300)
  /// Data must be well for this long before a signal is given back a higher level.
  public var recoverAfter = TimeAmount.seconds(30)
  /// Share of a signal's detectors that must be well for adaptive control.
  public var adaptiveShare = 0.8
  /// Share of its stop-bar detectors that must be well for actuated control.
  public var actuatedShare = 0.5
  /// The control strategy of signals whose data are well, by its name among ``ControlStrategy/all``.
  public var strategy = "horizon"
  /// Vehicles one lane discharges at green [veh/s]: HCM 7th edition's base of 1,900 pc/h/ln.
  public var saturationFlow = 1900.0 / 3600
  /// A command is of no effect after this long.
  public var commandExpiry = TimeAmount.seconds(3)
  /// After this long without an answer a signal counts as out of reach.
  public var unreachableAfter = TimeAmount.seconds(10)
  /// Commands nothing anywhere.
  public var shadow = false
  public init() {}
}
