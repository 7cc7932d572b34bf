import ControlLoop
import TrafficModel

/// What a signal shows and for how long at least, for vehicles: the content of SAE J2735's SPaT as JSON.
struct SignalPhaseAndTiming: Encodable {
  struct Group: Encodable {
    var signalGroup: Int
    /// Names of SAE J2735's MovementPhaseState.
    var eventState: String
    /// UTC [ms].
    var startTime: Int64
    var minEndTime: Int64
    var maxEndTime: Int64?
  }
  var intersection: String
  var timestamp: Int64
  var status: String
  var states: [Group]

  init(_ place: LiveTopology.Signal, _ live: LiveSnapshot.Signal, at now: Instant) {
    intersection = place.name
    timestamp = now.milliseconds
    switch live.authority {
    case .commanding: status = live.level == .timeOfDay ? "fixedTimeOperation" : "trafficDependentOperation"
    case .shadow, .fallback, .noLease, .awaitingReadBack: status = "standbyOperation"
    }
    // Of a signal that the engine does not command it knows neither what is shown nor for how long.
    let isKnown = live.authority == .commanding && live.reachable
    states = live.shown.indications.enumerated().map { link, indication in
      guard isKnown else {
        return Group(
          signalGroup: link + 1, eventState: "unavailable", startTime: now.milliseconds, minEndTime: now.milliseconds, maxEndTime: nil)
      }
      let limits = place.constraints.links[link], since = live.since[link]
      let state: String
      var least = now
      var most: Instant?
      switch indication {
      case .green, .permissiveGreen:
        state = indication == .green ? "protected-Movement-Allowed" : "permissive-Movement-Allowed"
        least = max(now, since + limits.minimumGreen)
        most = limits.maximumGreen.map { since + $0 }
      case .yellow:
        state = "protected-clearance"
        least = max(now, since + limits.yellow)
        most = least
      case .red: state = "stop-And-Remain"
      case .redYellow: state = "pre-Movement"
      case .stopThenProceed: state = "stop-Then-Proceed"
      case .offBlinking: state = "caution-Conflicting-Traffic"
      case .off: state = "dark"
      }
      return Group(
        signalGroup: link + 1, eventState: state, startTime: since.milliseconds, minEndTime: least.milliseconds,
        maxEndTime: most?.milliseconds)
    }
  }
}
