/// Numbers for names as they come over the wire, looked up without making strings of them.
struct NameTable {
  private(set) var names: [String] = []
  private var bytes: [UInt8] = []
  private var start = [0]
  /// Open addressing; -1 is free. Its size is a power of two and at least twice the number of names.
  private var slots = [Int32](repeating: -1, count: 64)

  /// The number of a name, which is the count of names known before it.
  mutating func number(of name: UnsafeBufferPointer<UInt8>) -> Int {
    var slot = place(name)
    if slots[slot] >= 0 { return Int(slots[slot]) }
    if (names.count + 1) * 2 > slots.count {
      grow()
      slot = place(name)
    }
    slots[slot] = Int32(names.count)
    names.append(String(decoding: name, as: UTF8.self))
    bytes.append(contentsOf: name)
    start.append(bytes.count)
    return names.count - 1
  }

  /// Where a name is, or the free place where it belongs.
  private func place(_ name: UnsafeBufferPointer<UInt8>) -> Int {
    // Fowler, Noll and Vo's hash, 1a, 64 bits.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var slot = Int(truncatingIfNeeded: (hash ^ hash >> 32) & UInt64(slots.count - 1))
    while slots[slot] >= 0, !isName(Int(slots[slot]), name) { slot = (slot + 1) & (slots.count - 1) }
    return slot
  }

  private func isName(_ number: Int, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
    let first = start[number]
    guard start[number + 1] - first == name.count else { return false }
    for i in 0..<name.count where bytes[first + i] != name[i] { return false }
    return true
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: slots.count * 2)
    bytes.withUnsafeBufferPointer { all in
      for number in names.indices {
        slots[place(UnsafeBufferPointer(rebasing: all[start[number]..<start[number + 1]]))] = Int32(number)
      }
    }
  }
}
