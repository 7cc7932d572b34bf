/// Which links of one controller may show green together.
public struct ConflictMatrix: Hashable, Sendable, Codable {
  /// How two links meet inside the junction.
  public enum Relation: UInt8, Sendable, Codable {
    /// Their paths neither cross nor merge.
    case none
    /// They meet, but one yields to the other by right of way: together only as permissive and protected green.
    case permissive
    /// They merge or cross, and neither may show protected green beside the other.
    case conflict
  }

  /// Number of links.
  public let count: Int
  private var relations: [Relation]

  public init(count: Int) {
    self.count = count
    relations = [Relation](repeating: .none, count: count * count)
  }

  /// Symmetric: setting (i, j) sets (j, i).
  public subscript(_ i: Int, _ j: Int) -> Relation {
    get { relations[i * count + j] }
    set {
      relations[i * count + j] = newValue
      relations[j * count + i] = newValue
    }
  }

  /// Whether the greens of `state` respect the matrix: no two conflicting links green, no two permissive ones both protected.
  public func conflicts(in state: SignalState) -> [(Int, Int)] {
    var found: [(Int, Int)] = []
    for i in 0..<min(count, state.count) where state[i].isGreen {
      for j in (i + 1)..<max(i + 1, min(count, state.count)) where state[j].isGreen {
        switch self[i, j] {
        case .none: continue
        case .permissive: if state[i] == .green && state[j] == .green { found.append((i, j)) }
        case .conflict: found.append((i, j))
        }
      }
    }
    return found
  }
}
