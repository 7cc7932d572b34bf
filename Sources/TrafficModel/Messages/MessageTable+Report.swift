extension MessageTable {
  /// What every report page says.
  static let report: [Entry] = [
    Entry("report.contents", en: "Contents", zh: "目录"),
    Entry("report.figuresBehind", en: "The figures behind this picture", zh: "本图所依据的数据"),
    Entry("report.provenance", en: "Made by {0}, seed {1}, from inputs with SHA-256 {2}.", zh: "由 {0} 生成,随机种子 {1},输入数据 SHA-256:{2}。"),
  ]
}
