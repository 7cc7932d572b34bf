import Foundation
import Statistics
import Testing

@Suite("Random streams")
struct RandomStreamTests {
  /// Known answers published with the authors' Random123 library (`kat_vectors`, philox4x32 10).
  @Test("Philox4x32-10 gives its authors' known answers")
  func knownAnswers() {
    #expect(Philox.words(counter: .zero, key: .zero) == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    #expect(
      Philox.words(counter: SIMD4(repeating: .max), key: SIMD2(repeating: .max))
        == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    #expect(
      Philox.words(
        counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: SIMD2(0xa409_3822, 0x299f_31d0))
        == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  @Test("The name decides the numbers: equal names agree, different ones do not")
  func names() {
    func draw(_ seed: UInt64, _ stream: UInt64) -> [UInt64] {
      var random = RandomStream(seed: seed, stream: stream)
      return (0..<6).map { _ in random.next() }
    }
    #expect(draw(1, 2) == draw(1, 2))
    #expect(Set(draw(1, 2) + draw(2, 1) + draw(1, 3) + draw(1 << 40, 2)).count == 24)
  }

  @Test("Moments of uniform, normal, exponential and Poisson numbers lie within five standard errors")
  func moments() {
    var random = RandomStream(seed: 5)
    let n = 10_000
    func near(_ values: [Double], mean: Double, variance: Double, fourth: Double) {
      let sample = SampleSummary(values)
      #expect((sample.mean - mean).magnitude < 5 * (variance / Double(n)).squareRoot())
      #expect((sample.variance - variance).magnitude < 5 * ((fourth - variance * variance) / Double(n)).squareRoot())
    }
    near((0..<n).map { _ in random.uniform(2, 4) }, mean: 3, variance: 1.0 / 3, fourth: 1.0 / 5)
    near((0..<n).map { _ in random.normal(mean: 1, standardDeviation: 2) }, mean: 1, variance: 4, fourth: 48)
    near((0..<n).map { _ in random.exponential(mean: 3) }, mean: 3, variance: 9, fourth: 9 * 81)
    near((0..<n).map { _ in Double(random.poisson(mean: 4)) }, mean: 4, variance: 4, fourth: 4 + 3 * 16)
    near((0..<n).map { _ in Double(random.poisson(mean: 1200)) }, mean: 1200, variance: 1200, fourth: 1200 + 3 * 1_440_000)
    #expect(random.poisson(mean: 0) == 0)
  }

  @Test("Integers are uniform (chi-square), permutations hold every index once")
  func integers() {
    var random = RandomStream(seed: 6)
    var counts = [Double](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[random.integer(below: 7)] += 1 }
    let statistic = counts.reduce(0) { $0 + ($1 - 10_000) * ($1 - 10_000) / 10_000 }
    #expect(chiSquareProbability(statistic, degrees: 6) < 0.9999)
    #expect(random.permutation(50).sorted() == Array(0..<50))
    #expect(random.integer(below: 1) == 0)
  }
}
