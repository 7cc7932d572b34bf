/// Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror & Shaw ("Parallel Random Numbers: As Easy as 1, 2, 3",
/// SC'11): 128 random bits as a pure function of a 128-bit counter and a 64-bit key. No state to carry, so any draw can be
/// made anywhere, by any thread, in any order.
public enum Philox {
  /// The four words at `counter` under `key`.
  @inlinable public static func words(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var (c, k) = (counter, key)
    for round in 0..<10 {
      if round > 0 { k = k &+ SIMD2(0x9E37_79B9, 0xBB67_AE85) }
      let (high0, low0) = c.x.multipliedFullWidth(by: 0xD251_1F53)
      let (high1, low1) = c.z.multipliedFullWidth(by: 0xCD9E_8D57)
      c = SIMD4(high1 ^ c.y ^ k.x, low1, high0 ^ c.w ^ k.y, low0)
    }
    return c
  }
}
