import TrafficModel

/// All routes, one after another; equal routes are stored once. Routes may be added while the simulation runs.
final class RouteTable: @unchecked Sendable {
  private let arena = Arena()
  let edges: UnsafeMutablePointer<Int32>
  private let capacity: Int
  private(set) var used = 0
  private var known: [[LinkID]: Range<Int32>] = [:]

  /// - Parameter capacity: edges in all; address space only until used.
  init(capacity: Int) {
    self.capacity = capacity
    edges = arena.column(count: capacity)
  }

  func intern(_ links: [LinkID]) -> Range<Int32> {
    if let range = known[links] { return range }
    precondition(used + links.count <= capacity, "more than \(capacity) edges of routes")
    let begin = Int32(used)
    for link in links {
      edges[used] = link.rawValue
      used += 1
    }
    let range = begin..<Int32(used)
    known[links] = range
    return range
  }

  /// Takes back the table of a saved run.
  func restore(_ saved: [Int32], ranges: [Range<Int32>]) {
    precondition(saved.count <= capacity, "more than \(capacity) edges of routes")
    known.removeAll()
    for (k, edge) in saved.enumerated() { edges[k] = edge }
    used = saved.count
    for range in ranges { known[(range.lowerBound..<range.upperBound).map { LinkID(Int(edges[Int($0)])) }] = range }
  }

  /// Where each stored route lies, in order.
  var ranges: [Range<Int32>] { known.values.sorted { $0.lowerBound < $1.lowerBound } }
}
