import TrafficModel

extension ArterialProblem {
  /// Everything that makes the problem no problem of progression, in one go.
  ///
  /// - Parameter file: what to call the source.
  /// - Throws: ``InputProblems``.
  public func check(file: String = "arterial") throws(InputProblems) {
    var problems: [InputProblem] = []
    func add(_ element: String, _ expected: String, _ found: Any, _ advice: String? = nil) {
      problems.append(InputProblem(file: file, element: element, expected: expected, found: "\(found)", advice: advice))
    }
    if signals.count < 2 { add("signals", "at least two signals", signals.count) }
    if links.count != max(0, signals.count - 1) { add("links", "one link fewer than signals", links.count) }
    if !(cycle.lowerBound > 0 && cycle.upperBound.isFinite) { add("cycle", "a range of positive seconds", cycle) }
    if let change = maximumSlownessChange, !(change >= 0) { add("slowness change", "a limit of at least 0 s/m", change) }
    for signal in signals {
      if signal.orders.isEmpty { add("signal \(signal.name)", "at least one phase order", 0) }
      for order in signal.orders {
        let name = "signal \(signal.name)" + (order.name.isEmpty ? "" : ", order \(order.name)")
        for (direction, window) in [("outbound", order.outbound), ("inbound", order.inbound)] {
          if !(window.length > 0 && window.length <= 1 && window.start.isFinite) {
            add(
              name, "\(direction) green of more than 0 and at most 1 cycle", window.length,
              "a direction without green cannot be coordinated: leave the signal out, or give its through movement a phase")
          }
        }
      }
      for clearance in [signal.outboundQueueClearance, signal.inboundQueueClearance] where !(clearance >= 0 && clearance.isFinite) {
        add("signal \(signal.name)", "a queue clearance of at least 0 s", clearance)
      }
    }
    for (i, link) in links.enumerated() {
      for (direction, travel) in [("outbound", link.outbound), ("inbound", link.inbound)] {
        let name = "link \(i + 1), \(direction)"
        if !(travel.length > 0 && travel.length.isFinite) { add(name, "a length above 0 m", travel.length) }
        if !(travel.speed.lowerBound > 0 && travel.speed.upperBound.isFinite) { add(name, "speeds above 0 m/s", travel.speed) }
        if !(travel.volume >= 0 && travel.volume.isFinite) { add(name, "a volume of at least 0 veh/h", travel.volume) }
        if !(travel.saturationFlow > 0 && travel.saturationFlow.isFinite) {
          add(name, "a saturation flow above 0 veh/h", travel.saturationFlow)
        }
      }
    }
    if !problems.isEmpty { throw InputProblems(problems) }
  }
}
