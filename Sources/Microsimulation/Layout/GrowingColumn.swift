/// A column that grows at its end; for the inner loops, where an array's checks of ownership and bounds would weigh.
final class GrowingColumn<T: BitwiseCopyable>: @unchecked Sendable {
  private(set) var first: UnsafeMutablePointer<T>
  private(set) var count = 0
  private var room = 64

  init() { first = .allocate(capacity: room) }
  deinit { first.deallocate() }

  @inline(__always)
  subscript(_ k: Int) -> T { first[k] }

  @inline(__always)
  func append(_ value: T) {
    if count == room { enlarge() }
    first[count] = value
    count &+= 1
  }

  @inline(__always)
  func removeAll() { count = 0 }

  var values: [T] { Array(UnsafeBufferPointer(start: first, count: count)) }

  private func enlarge() {
    let larger = UnsafeMutablePointer<T>.allocate(capacity: room * 2)
    larger.update(from: first, count: count)
    first.deallocate()
    first = larger
    room *= 2
  }
}
