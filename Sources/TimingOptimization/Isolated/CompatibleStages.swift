import TrafficModel

/// Finds what may show green together: the maximal sets of links no two of which conflict.
///
/// Maximal cliques of the compatibility graph by Bron and Kerbosch's algorithm with pivoting (CACM 16, 1973).
public enum CompatibleStages {
  /// Up to 256 links as bits.
  typealias LinkSet = SIMD4<UInt64>

  /// Sets of link indices, each ascending, in order of their first links; at most `limit` of them.
  ///
  /// - Parameters:
  ///   - count: links.
  ///   - members: links to arrange; others are left out.
  ///   - compatible: symmetric.
  public static func maximalSets(
    count: Int, members: [Int], limit: Int = 512, compatible: (Int, Int) -> Bool
  ) -> [[Int]] {
    guard count <= 256 else { return [] }
    var neighbours = [LinkSet](repeating: .zero, count: count)
    for i in members { for j in members where i != j && compatible(i, j) { neighbours[i].insert(j) } }
    var found: [[Int]] = []
    func grow(_ chosen: [Int], _ possible: LinkSet, _ done: LinkSet) {
      guard found.count < limit else { return }
      if possible.isNone && done.isNone {
        found.append(chosen.sorted())
        return
      }
      var pivot = -1
      var reach = -1
      for u in (possible | done).members {
        let n = (possible & neighbours[u]).size
        if n > reach {
          reach = n
          pivot = u
        }
      }
      var possible = possible
      var done = done
      for v in (possible & ~neighbours[pivot]).members {
        grow(chosen + [v], possible & neighbours[v], done & neighbours[v])
        possible.remove(v)
        done.insert(v)
      }
    }
    var all = LinkSet.zero
    for i in members { all.insert(i) }
    if !members.isEmpty { grow([], all, .zero) }
    return found.sorted { $0.lexicographicallyPrecedes($1) }
  }
}

extension SIMD4<UInt64> {
  mutating func insert(_ i: Int) { self[i >> 6] |= 1 << UInt64(i & 63) }
  mutating func remove(_ i: Int) { self[i >> 6] &= ~(1 << UInt64(i & 63)) }
  func contains(_ i: Int) -> Bool { self[i >> 6] & (1 << UInt64(i & 63)) != 0 }
  var isNone: Bool { self == .zero }
  var size: Int { self[0].nonzeroBitCount + self[1].nonzeroBitCount + self[2].nonzeroBitCount + self[3].nonzeroBitCount }
  /// Ascending.
  var members: [Int] {
    var result: [Int] = []
    for word in 0..<4 {
      var bits = self[word]
      while bits != 0 {
        result.append(word * 64 + bits.trailingZeroBitCount)
        bits &= bits - 1
      }
    }
    return result
  }
}
