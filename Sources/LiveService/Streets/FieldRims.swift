import ControlLoop
import SignalControl
import TrafficModel

/// The rims of all signals of a street that is played here, in the topology's order.
struct FieldRims {
  private(set) var rims: [FieldRim]
  private let index: [String: Int]
  private let regions: [String]
  private let names: [String]
  /// Changes of any signal, commands shown and refused, since the start.
  private(set) var changes = 0
  private(set) var commanded = 0
  private(set) var refused = 0

  init(_ topology: LiveTopology, start: Instant) {
    rims = topology.signals.map { FieldRim($0, zoneOffset: topology.zoneOffset, start: start) }
    names = topology.signals.map(\.name)
    regions = topology.signals.map(\.region)
    index = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// What every signal shows from `now` on.
  mutating func advance(to now: Instant) -> [SignalState] {
    rims.indices.map { k in
      let before = rims[k].transition.shown
      let shown = rims[k].advance(to: now)
      if shown != before { changes += 1 }
      return shown
    }
  }

  mutating func readBack(_ signals: [String], now: Instant) -> [FieldAnswer] {
    signals.compactMap { name in
      index[name].map { FieldAnswer(id: 0, signal: name, verdict: .state, state: rims[$0].readBack(now: now)) }
    }
  }

  mutating func take(_ commands: [FieldCommand], now: Instant) -> [FieldAnswer] {
    var answers: [FieldAnswer] = []
    for command in commands {
      guard let k = index[command.signal] else { continue }
      let before = rims[k].transition.shown
      let answer = rims[k].take(command, now: now)
      if rims[k].transition.shown != before { changes += 1 }
      if answer.verdict == .shown { commanded += 1 } else { refused += 1 }
      answers.append(answer)
    }
    return answers
  }

  mutating func heartbeat(now: Instant, tokens: [String: UInt64], released: [String]) {
    let free = Set(released)
    for k in rims.indices {
      guard let token = tokens[regions[k]] else { continue }
      rims[k].heartbeat(now: now, token: token, isReleased: free.contains(names[k]))
    }
  }

  var violations: Int { rims.reduce(0) { $0 + $1.monitor.violations } }
  var local: Int { rims.count { $0.isLocal } }
}
