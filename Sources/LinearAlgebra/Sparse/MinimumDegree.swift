/// A fill-reducing elimination order for a sparse symmetric matrix by approximate minimum degree.
///
/// The method of Amestoy, Davis & Duff (SIAM J. Matrix Anal. Appl. 17, 1996) on a quotient graph: an eliminated variable
/// becomes an *element*, the clique of what it was joined to; a variable lists neighbouring variables and elements; variables
/// that have become indistinguishable are merged; the degree is bounded from above rather than counted. Ties go to the variable
/// whose degree changed last, then to hash-free list order, so the order is the same on every run.
///
/// - Returns: `order`, where `order[k]` is the index eliminated k-th.
/// - Complexity: about O(entries · log) for road networks.
func minimumDegreeOrder(_ matrix: SparseMatrix) -> [Int] {
  precondition(matrix.isSquare, "\(matrix.rows) × \(matrix.columns) is not square")
  var graph = QuotientGraph(matrix)
  return graph.eliminateAll()
}

extension SparseMatrix {
  /// Whether the matrix has as many rows as columns.
  public var isSquare: Bool { rows == columns }
}

/// The elimination graph in the space of the original one: a variable's list never grows, because it gains one element only by
/// losing at least one variable or element.
private struct QuotientGraph {
  let n: Int
  /// Variable i's elements occupy `start[i] ..< start[i] + elements[i]` of `lists`, its variables the `variables[i]` places after.
  var start: [Int]
  var elements: [Int]
  var variables: [Int]
  var lists: [Int]
  /// The members of each element, by the variable that became it.
  var members: [[Int]]
  /// How many original variables a variable stands for; 0 once merged or eliminated.
  var weight: [Int]
  /// The variables merged into each, in the order of merging.
  var merged: [[Int]]
  /// Upper bound of the external degree.
  var degree: [Int]
  var elementAlive: [Bool]
  // Doubly linked lists of variables by degree.
  var head: [Int]
  var next: [Int]
  var previous: [Int]

  init(_ matrix: SparseMatrix) {
    n = matrix.columns
    // The pattern of A + Aᵀ without its diagonal.
    let transpose = matrix.transposed
    (start, lists, variables) = ([], [], [])
    for j in 0..<n {
      start.append(lists.count)
      var (p, q) = (matrix.starts[j], transpose.starts[j])
      let (endP, endQ) = (matrix.starts[j + 1], transpose.starts[j + 1])
      while p < endP || q < endQ {
        let i = p < endP ? matrix.rowIndices[p] : Int.max
        let k = q < endQ ? transpose.rowIndices[q] : Int.max
        if min(i, k) != j { lists.append(min(i, k)) }
        if i <= k { p += 1 }
        if k <= i { q += 1 }
      }
      variables.append(lists.count - start[j])
    }
    elements = [Int](repeating: 0, count: n)
    members = [[Int]](repeating: [], count: n)
    weight = [Int](repeating: 1, count: n)
    merged = [[Int]](repeating: [], count: n)
    degree = variables
    elementAlive = [Bool](repeating: false, count: n)
    head = [Int](repeating: -1, count: n + 1)
    next = [Int](repeating: -1, count: n)
    previous = [Int](repeating: -1, count: n)
    for i in (0..<n).reversed() { insert(i) }
  }

  mutating func insert(_ i: Int) {
    let d = degree[i]
    next[i] = head[d]
    previous[i] = -1
    if head[d] >= 0 { previous[head[d]] = i }
    head[d] = i
  }

  mutating func remove(_ i: Int) {
    if previous[i] >= 0 { next[previous[i]] = next[i] } else { head[degree[i]] = next[i] }
    if next[i] >= 0 { previous[next[i]] = previous[i] }
  }

  mutating func eliminateAll() -> [Int] {
    var order: [Int] = []
    order.reserveCapacity(n)
    var mark = [Int](repeating: 0, count: n)  // membership of the current element, by stamp
    var stamp = 0
    var outside = [Int](repeating: 0, count: n)  // |Lₑ \ Lₚ| in original variables, for elements touched this round
    var outsideStamp = [Int](repeating: 0, count: n)
    var remaining = n
    var minimum = 0
    var buckets: [Int: [Int]] = [:]

    while remaining > 0 {
      while head[minimum] < 0 { minimum += 1 }
      let pivot = head[minimum]
      remove(pivot)
      let pivotWeight = weight[pivot]
      remaining -= pivotWeight
      weight[pivot] = 0
      emit(pivot, into: &order)

      // The new element: the union of the pivot's variables and of its elements' members, which it absorbs.
      stamp += 1
      mark[pivot] = stamp
      var clique: [Int] = []
      var cliqueWeight = 0
      func add(_ i: Int) {
        guard weight[i] > 0, mark[i] != stamp else { return }
        mark[i] = stamp
        clique.append(i)
        cliqueWeight += weight[i]
      }
      let base = start[pivot]
      for p in base + elements[pivot]..<base + elements[pivot] + variables[pivot] { add(lists[p]) }
      for p in base..<base + elements[pivot] {
        let element = lists[p]
        for i in members[element] { add(i) }
        members[element] = []
        elementAlive[element] = false
      }
      elementAlive[pivot] = true

      // How much of each neighbouring element lies outside the new one.
      for i in clique {
        remove(i)
        for p in start[i]..<start[i] + elements[i] where elementAlive[lists[p]] {
          let element = lists[p]
          if outsideStamp[element] != stamp {
            outsideStamp[element] = stamp
            var size = 0
            members[element].removeAll { weight[$0] == 0 }
            for k in members[element] { size += weight[k] }
            outside[element] = size
          }
          outside[element] -= weight[i]
        }
      }

      buckets.removeAll(keepingCapacity: true)
      var keys: [Int] = []
      for i in clique {
        // Rewrite i's list: elements not absorbed and not inside the new one, the new one, then variables outside it.
        let base = start[i]
        var kept: [Int] = []
        var bound = cliqueWeight - weight[i]
        var hash = pivot
        for p in base..<base + elements[i] {
          let element = lists[p]
          guard elementAlive[element] else { continue }
          if outside[element] == 0 {
            // Aggressive absorption: everything in it is also in the new element.
            elementAlive[element] = false
            members[element] = []
            continue
          }
          kept.append(element)
          bound += outside[element]
          hash &+= element
        }
        kept.append(pivot)
        let elementCount = kept.count
        for p in base + elements[i]..<base + elements[i] + variables[i] {
          let k = lists[p]
          guard weight[k] > 0, mark[k] != stamp else { continue }
          kept.append(k)
          bound += weight[k]
          hash &+= k
        }
        for (offset, entry) in kept.enumerated() { lists[base + offset] = entry }
        elements[i] = elementCount
        variables[i] = kept.count - elementCount
        degree[i] = min(remaining - weight[i], degree[i] + cliqueWeight - weight[i], bound)
        if buckets[hash] == nil { keys.append(hash) }
        buckets[hash, default: []].append(i)
      }

      // Merge variables with equal lists: they will be eliminated together at no further fill.
      for key in keys {
        let bucket = buckets[key]!
        guard bucket.count > 1 else { continue }
        for a in 0..<bucket.count where weight[bucket[a]] > 0 {
          for b in a + 1..<bucket.count where weight[bucket[b]] > 0 {
            let (i, k) = (bucket[a], bucket[b])
            guard elements[i] == elements[k], variables[i] == variables[k], sameLists(i, k) else { continue }
            degree[i] -= weight[k]
            weight[i] += weight[k]
            weight[k] = 0
            merged[i].append(k)
          }
        }
      }

      clique.removeAll { weight[$0] == 0 }
      members[pivot] = clique
      if clique.isEmpty { elementAlive[pivot] = false }
      for i in clique {
        degree[i] = max(degree[i], 0)
        insert(i)
        minimum = min(minimum, degree[i])
      }
    }
    return order
  }

  /// Whether i and k see the same elements and variables. Lists keep their relative order, but may start in different ones.
  func sameLists(_ i: Int, _ k: Int) -> Bool {
    let count = elements[i] + variables[i]
    let left = lists[start[i]..<start[i] + count].sorted()
    let right = lists[start[k]..<start[k] + count].sorted()
    return left == right
  }

  /// A variable and all that were merged into it, directly or through others.
  func emit(_ i: Int, into order: inout [Int]) {
    var pending = [i]
    while let k = pending.popLast() {
      order.append(k)
      pending.append(contentsOf: merged[k].reversed())
    }
  }
}
