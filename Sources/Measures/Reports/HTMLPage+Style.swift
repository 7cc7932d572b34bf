extension HTMLPage {
  /// The style sheet of every page. Pictures take their ink, grid and paper from the same variables.
  static let style = """
    :root{--ink:#1b1f24;--muted:#5a6470;--grid:#dfe4ea;--paper:#ffffff;--panel:#f5f7f9;--accent:#005a8c;--warn:#8a4b00;--warnbg:#fff4e0}
    @media (prefers-color-scheme:dark){:root{--ink:#e8ebee;--muted:#a3adb8;--grid:#333b44;--paper:#14181d;--panel:#1d2329;--accent:#7cc4f0;--warn:#ffce85;--warnbg:#3a2b12}}
    *{box-sizing:border-box}
    html{color-scheme:light dark;-webkit-text-size-adjust:100%}
    body{margin:0 auto;max-width:62rem;padding:1.5rem 1.25rem 3rem;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,"Noto Sans","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif}
    h1{font-size:1.9rem;line-height:1.2;margin:.2rem 0}
    h2{font-size:1.35rem;margin:2.4rem 0 .6rem;padding-top:.6rem;border-top:1px solid var(--grid)}
    h3{font-size:1.05rem;margin:1.6rem 0 .4rem}
    p{max-width:46rem}
    .sub{color:var(--muted);margin:.2rem 0 1rem}
    a{color:var(--accent)}
    a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
    nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;list-style:none;padding:0;margin:.4rem 0 1.2rem;font-size:.92rem}
    .keys{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.2rem,1fr));gap:.8rem;margin:1.2rem 0}
    .keys div{background:var(--panel);border-radius:.5rem;padding:.7rem .9rem}
    .keys dt{color:var(--muted);font-size:.85rem}
    .keys dd{margin:.1rem 0 0;font-size:1.5rem;font-weight:650;line-height:1.25;font-variant-numeric:tabular-nums}
    .keys small{display:block;font-size:.8rem;font-weight:400;color:var(--muted)}
    figure{margin:1.2rem 0 1.8rem}
    figure svg{display:block;max-width:100%;height:auto}
    figcaption{color:var(--muted);font-size:.92rem;margin-top:.4rem;max-width:46rem}
    .scroll{overflow-x:auto;max-width:100%}
    table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums;margin:.6rem 0}
    caption{text-align:left;color:var(--muted);padding-bottom:.3rem}
    th,td{padding:.28rem .5rem;text-align:left;border-bottom:1px solid var(--grid);vertical-align:baseline}
    thead th{border-bottom:2px solid var(--muted);vertical-align:bottom}
    tbody th{font-weight:500;overflow-wrap:anywhere;min-width:7.5rem}
    .r{text-align:right}
    .em th,.em td{font-weight:700}
    details{margin:.5rem 0}
    summary{cursor:pointer;color:var(--accent);font-size:.92rem}
    .notice{background:var(--warnbg);color:var(--warn);border-left:4px solid currentColor;padding:.5rem .8rem;border-radius:.2rem}
    footer{margin-top:3rem;border-top:1px solid var(--grid);color:var(--muted);font-size:.8rem;overflow-wrap:anywhere}
    @media (max-width:40rem){body{padding:1rem .8rem 2rem}h1{font-size:1.5rem}.picture svg{min-width:34rem}}
    @media print{:root{--ink:#000;--muted:#444;--grid:#ccc;--paper:#fff;--panel:#f3f3f3;--accent:#000}body{max-width:none;padding:0;font-size:11pt}nav,details{display:none}figure,table,.keys{break-inside:avoid}h2,h3{break-after:avoid}}

    """
}
