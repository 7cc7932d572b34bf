import COpenBLAS

/// The one place where OpenBLAS is configured.
///
/// Every entry point touches ``ready`` first. One thread, because the sum of a parallel reduction depends on how many
/// threads took part, and equal seeds must give equal bytes; parallelism belongs a level above, over independent problems.
enum BLAS {
  static let ready: Void = { openblas_set_num_threads(1) }()

  /// A LAPACK return code below zero names an argument that we passed wrongly: never the caller's data.
  static func check(_ info: LapackInt, _ routine: StaticString) {
    precondition(info >= 0, "\(routine): argument \(-info) is invalid")
  }
}

extension Int {
  /// The same number in LAPACK's integer width.
  var lapack: LapackInt { LapackInt(self) }
}
