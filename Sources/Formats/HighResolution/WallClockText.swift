/// Reads wall-clock stamps from bytes: `2024-05-13 15:00:00.1`, the same with `T`, a trailing `Z` or offset, and `5/13/2024 15:00:00.1`.
struct WallClockText {
  // Consecutive stamps share their date: its bytes and midnight are kept.
  private var date: (UInt64, UInt16) = (0, 0)
  private var midnight: Int64 = 0

  /// Milliseconds since 1970-01-01T00:00 on the stamp's own clock, or nil where the bytes are no stamp. An explicit offset from UTC is
  /// taken off, so that such stamps count in UTC; `hasOffset` tells.
  mutating func parse(_ p: UnsafePointer<UInt8>, _ n: Int, hasOffset: inout Bool) -> Int64? {
    if n >= 19, p[4] == 0x2D, p[7] == 0x2D, p[10] == 0x20 || p[10] == 0x54 {
      let raw = UnsafeRawPointer(p)
      let head = (raw.loadUnaligned(as: UInt64.self), raw.loadUnaligned(fromByteOffset: 8, as: UInt16.self))
      if head != date {
        guard let year = Self.digits(p, 4), let month = Self.digits(p + 5, 2), let day = Self.digits(p + 8, 2),
          let midnight = Self.midnight(year, month, day)
        else { return nil }
        date = head
        self.midnight = midnight
      }
      return Self.clock(p + 11, n - 11, &hasOffset).map { midnight + $0 }
    }
    return slashed(p, n, &hasOffset)
  }

  private func slashed(_ p: UnsafePointer<UInt8>, _ n: Int, _ hasOffset: inout Bool) -> Int64? {
    var fields = (0, 0, 0)
    var k = 0, i = 0
    while i < n, k < 3 {
      let c = p[i]
      if c >= 0x30, c <= 0x39 {
        let d = Int(c - 0x30)
        switch k {
        case 0: fields.0 = fields.0 * 10 + d
        case 1: fields.1 = fields.1 * 10 + d
        default: fields.2 = fields.2 * 10 + d
        }
        if i > 10 { return nil }
      } else if c == 0x2F, k < 2 {
        k += 1
      } else if c == 0x20, k == 2 {
        k = 3
      } else {
        return nil
      }
      i += 1
    }
    guard k == 3, let midnight = Self.midnight(fields.2, fields.0, fields.1) else { return nil }
    return Self.clock(p + i, n - i, &hasOffset).map { midnight + $0 }
  }

  private static func digits(_ p: UnsafePointer<UInt8>, _ n: Int) -> Int? {
    var value = 0
    for i in 0..<n {
      let d = Int(p[i]) - 0x30
      if d < 0 || d > 9 { return nil }
      value = value * 10 + d
    }
    return value
  }

  /// `15:00:00.123` with any number of decimals, then nothing, `Z`, or an offset.
  @inline(__always)
  private static func clock(_ p: UnsafePointer<UInt8>, _ n: Int, _ hasOffset: inout Bool) -> Int64? {
    guard n >= 8, p[2] == 0x3A, p[5] == 0x3A, let h = digits(p, 2), let m = digits(p + 3, 2), let s = digits(p + 6, 2),
      h < 25, m < 60, s < 61
    else { return nil }
    var t = Int64((h * 60 + m) * 60 + s) * 1000
    var i = 8
    if i < n, p[i] == 0x2E {
      i += 1
      var scale: Int64 = 100
      while i < n, p[i] >= 0x30, p[i] <= 0x39 {
        t += Int64(p[i] - 0x30) * scale
        scale /= 10
        i += 1
      }
    }
    if i == n { return t }
    if p[i] == 0x5A, i + 1 == n {
      hasOffset = true
      return t
    }
    if p[i] == 0x2B || p[i] == 0x2D, n - i >= 5, let oh = digits(p + i + 1, 2) {
      let minutes = p + i + (p[i + 3] == 0x3A ? 4 : 3)
      guard let om = digits(minutes, 2) else { return nil }
      hasOffset = true
      let offset = Int64(oh * 60 + om) * 60_000
      return p[i] == 0x2B ? t - offset : t + offset
    }
    return nil
  }

  /// Days from the civil date (Hinnant's algorithm), in milliseconds; nil for dates no calendar has.
  static func midnight(_ year: Int, _ month: Int, _ day: Int) -> Int64? {
    guard year >= 1970, year < 2200, month >= 1, month <= 12, day >= 1, day <= 31 else { return nil }
    let y = month <= 2 ? year - 1 : year
    let era = y / 400
    let yoe = y - era * 400
    let doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy
    return Int64(era * 146_097 + doe - 719_468) * 86_400_000
  }
}
