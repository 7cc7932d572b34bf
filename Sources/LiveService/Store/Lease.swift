import Foundation

/// The right to command a region, held in the database by one engine at a time.
///
/// Whoever takes over an expired lease gets a higher token; the street refuses lower ones, so that an engine that was merely slow to
/// notice cannot interfere.
public struct LeaseKeeper: Sendable {
  /// A region's lease as its holder has it.
  public struct Lease: Sendable, Hashable {
    /// Grows with each holder.
    public var token: UInt64
    /// How long before it was taken up whoever held it before is last known to have held it [ms]; nil where nobody has, and at a renewal.
    public var gap: Int64?
  }

  private let database: any SQLDatabase
  public let owner: String
  /// How long a lease lasts without renewal.
  public let term: Int64

  public init(database: any SQLDatabase, owner: String, term: Int64 = 6_000) {
    self.database = database
    self.owner = owner
    self.term = term
  }

  /// Takes or renews the lease of `region`; nil while another engine holds it. Throws where the database is away.
  ///
  /// An engine that takes a lease up, rather than renews it, gets a new token even where it was its own before: commands of its former
  /// life are refused from then on. Whoever holds a region that is not its own (`isHome` false) gives it back when the one whose own it
  /// is asks for it.
  public func acquire(_ region: String, isRenewal: Bool = true, isHome: Bool = true) throws -> Lease? {
    try database.write { session in
      let clock = database.clock
      try session.execute(
        "INSERT INTO lease (region, owner, token, expires) VALUES ($1, '', 0, 0) ON CONFLICT (region) DO NOTHING", [.text(region)])
      if isHome {
        try session.execute(
          "UPDATE lease SET asked = \(clock) WHERE region = $1 AND owner <> $2 AND expires > \(clock)", [.text(region), .text(owner)])
      } else {
        try session.execute(
          "UPDATE lease SET expires = \(clock) WHERE region = $1 AND owner = $2 AND expires > \(clock) AND asked > \(clock) - $3",
          [.text(region), .text(owner), .integer(term)])
      }
      let before = try session.query(
        "SELECT owner, \(clock) - (expires - $1) FROM lease WHERE region = $2 AND expires > 0", [.integer(term), .text(region)]
      )
      .first
      try session.execute(
        """
        UPDATE lease SET token = CASE WHEN owner = $1 AND expires > \(clock) AND $2 = 1 THEN token ELSE token + 1 END, owner = $1,
        expires = \(clock) + $3 WHERE region = $4 AND (owner = $1 OR expires <= \(clock)) AND ($5 = 1 OR asked <= \(clock) - $3)
        """,
        [.text(owner), .integer(isRenewal ? 1 : 0), .integer(term), .text(region), .integer(isHome ? 1 : 0)])
      let row = try session.query(
        "SELECT owner, token, CASE WHEN expires > \(clock) THEN 1 ELSE 0 END FROM lease WHERE region = $1", [.text(region)]
      )
      .first
      guard let row, row[0].string == owner, row[2].int == 1 else { return nil }
      let held = before.flatMap { isRenewal && $0[0].string == owner ? nil : $0[1].int }
      return Lease(token: UInt64(row[1].int), gap: held)
    }
  }

  /// Gives the lease up at once, so that another engine need not wait for its end.
  public func release(_ region: String) throws {
    try database.write {
      let clock = database.clock
      try $0.execute(
        "UPDATE lease SET expires = \(clock) WHERE region = $1 AND owner = $2 AND expires > \(clock)", [.text(region), .text(owner)])
    }
  }
}
