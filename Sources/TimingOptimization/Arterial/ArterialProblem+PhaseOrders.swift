extension ArterialProblem.PhaseOrder {
  /// Whether the left turns of a direction come before or after its opposing through movement.
  public enum LeftTurns: String, Sendable, CaseIterable {
    /// Both before the through movements.
    case leadLead
    /// Outbound left before, inbound left after.
    case leadLag
    /// Outbound left after, inbound left before.
    case lagLead
    /// Both after.
    case lagLag
  }

  /// The greens of the through movements where protected left turns lead or lag.
  ///
  /// - Parameters:
  ///   - commonRed: share of the cycle given to the cross street, clearances included.
  ///   - outboundLeft, inboundLeft: shares of the cycle of the protected left turns, zero for none. The outbound left takes its time
  ///     from the inbound through movement, and the other way round.
  ///   - allowed: which orders may be chosen.
  public static func leadLag(
    commonRed: Double, outboundLeft: Double, inboundLeft: Double, allowed: [LeftTurns] = LeftTurns.allCases
  ) -> [Self] {
    let main = 1 - commonRed
    return allowed.map { turns in
      let outboundLeads = turns == .leadLead || turns == .leadLag
      let inboundLeads = turns == .leadLead || turns == .lagLead
      return Self(
        turns.rawValue, outbound: .init(start: inboundLeads ? inboundLeft : 0, length: main - inboundLeft),
        inbound: .init(start: outboundLeads ? outboundLeft : 0, length: main - outboundLeft))
    }
  }
}
