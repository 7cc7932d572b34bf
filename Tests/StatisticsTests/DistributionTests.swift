import Foundation
import Statistics
import TestSupport
import Testing

@Suite("Distributions")
struct DistributionTests {
  /// Tables of the standard normal, Student and chi-square distributions, as printed in every handbook.
  @Test("Tabulated quantiles")
  func tables() {
    #expect((normalQuantile(0.975) - 1.959963984540054).magnitude < 1e-14)
    #expect((normalQuantile(0.95) - 1.6448536269514722).magnitude < 1e-14)
    #expect((normalQuantile(1e-10) + 6.361340902404056).magnitude < 1e-13)
    #expect(normalQuantile(0.5) == 0)
    #expect((studentQuantile(0.975, degrees: 1) - 12.706204736174705).magnitude < 1e-10)
    #expect((studentQuantile(0.975, degrees: 4) - 2.7764451051977987).magnitude < 1e-12)
    #expect((studentQuantile(0.975, degrees: 30) - 2.0422724563012373).magnitude < 1e-12)
    #expect((studentQuantile(0.995, degrees: 9) - 3.249835541592126).magnitude < 1e-12)
    #expect((chiSquareQuantile(0.95, degrees: 1) - 3.841458820694124).magnitude < 1e-11)
    #expect((chiSquareQuantile(0.99, degrees: 10) - 23.209251158954356).magnitude < 1e-10)
  }

  @Test("Student with one degree is Cauchy, with many is normal; chi-square with two is exponential")
  func limits() {
    for t in [-40.0, -3, -1, 0, 0.5, 2, 100] {
      #expect((studentProbability(t, degrees: 1) - cauchy(t)).magnitude < 1e-14)
      #expect((studentProbability(t, degrees: 1e8) - normalProbability(t)).magnitude < 1e-7)
    }
    #expect((chiSquareProbability(3, degrees: 2) - 0.7768698398515702).magnitude < 1e-14)
  }

  private func cauchy(_ t: Double) -> Double { 0.5 + atan(t) / .pi }

  @Test("Quantile and probability undo each other", arguments: [1e-8, 0.01, 0.3, 0.5, 0.77, 0.999])
  func inverse(p: Double) {
    #expect((normalProbability(normalQuantile(p)) - p).magnitude < 1e-14)
    for degrees in [1, 2, 3.5, 17, 400] {
      #expect((studentProbability(studentQuantile(p, degrees: degrees), degrees: degrees) - p).magnitude < 1e-12)
      #expect((chiSquareProbability(chiSquareQuantile(p, degrees: degrees), degrees: degrees) - p).magnitude < 1e-12)
    }
  }

  @Test("SciPy agrees over a grid", .enabled(if: Rival.hasSciPy, "SciPy is not installed"))
  func scipy() throws {
    let printed = try Rival.python(
      """
      from scipy.stats import t, chi2, norm
      for p in (1e-6, 0.02, 0.4, 0.9, 0.9999):
          print(norm.ppf(p))
          for d in (1, 3, 12, 250): print(t.ppf(p, d), chi2.ppf(p, d))
      """)
    let theirs = printed.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    var ours: [Double] = []
    for p in [1e-6, 0.02, 0.4, 0.9, 0.9999] {
      ours.append(normalQuantile(p))
      for d in [1.0, 3, 12, 250] { ours += [studentQuantile(p, degrees: d), chiSquareQuantile(p, degrees: d)] }
    }
    #expect(theirs.count == ours.count)
    for (a, b) in zip(ours, theirs) { #expect((a - b).magnitude <= 1e-8 * b.magnitude, "\(a) and \(b)") }
  }
}
