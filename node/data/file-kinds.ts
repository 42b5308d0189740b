/** Files that are neither tables nor arrays, whatever their names say: known by how they begin, each with what makes a table of it. */

/** What the bytes begin with (latin1), and what they are. */
const KINDS: readonly (readonly [begins: string | RegExp, what: string])[] = [
  [
    "PK\x03\x04",
    "an Excel workbook (save the sheet as CSV UTF-8), a .npz (numpy.save each array) or another zip archive",
  ],
  ["\xd0\xcf\x11\xe0", "an old Excel workbook; save the sheet as CSV UTF-8"],
  ["PAR1", "a Parquet file; save it with pandas: read_parquet(...).to_csv(..., index=False)"],
  ["ARROW1", "a Feather file; save it with pandas: read_feather(...).to_csv(..., index=False)"],
  ["Obj\x01", "an Avro file; save its records as CSV"],
  [
    "SQLite format 3",
    "a database of SQLite; save a table with: sqlite3 -header -csv FILE 'select * from TABLE' > table.csv",
  ],
  ["$FL2", "a file of SPSS; save it with pandas: read_spss(...).to_csv(..., index=False)"],
  ["<stata_dta>", "a file of Stata; save it with pandas: read_stata(...).to_csv(..., index=False)"],
  [
    /^(?:RD[XA][23]\n)?[XA]\n(?:\0\0\0|\d+\n\d+\n)/,
    "a file of R; save the table there: write.csv(table, file, row.names = FALSE)",
  ],
  [
    /^"[^"\n]*"(?: "[^"\n]*")+\r?\n/,
    "a table of R with spaces between its fields; save it there: write.csv(table, file, row.names = FALSE)",
  ],
  ["MATLAB 5.0", "a file of MATLAB; save the table there: writematrix(x, 'x.csv')"],
  ["%PDF", "a PDF document; save its table as CSV UTF-8"],
  ["\x89HDF", "an HDF5 file; save its table with pandas: read_hdf(...).to_csv(..., index=False)"],
  ["\x93NUMPY", "a .npy file; give it the ending .npy"],
  [/^[\s\S]{7}\0\{"/, "a safetensors file; give it the ending .safetensors"],
  [
    /^\x80\p{Cc}|^\(lp0\n|^ccopy_reg\n/u,
    "a pickle of Python, which is code and never read; in pandas: to_csv(..., index=False)",
  ],
  [/^(?:\x89PNG|\xff\xd8\xff|GIF8|II\*\0|MM\0\*)/, "a picture; save the pixels of all pictures in a .npy file"],
  ["\x1f\x8b", "packed with gzip twice; unpack it with gunzip"],
  ["BZh", "packed with bzip2; unpack it, or pack it with gzip"],
  ["\xfd7zXZ\0", "packed with xz; unpack it, or pack it with gzip"],
  ["\x28\xb5\x2f\xfd", "packed with zstd; unpack it, or pack it with gzip"],
  [/^[\s\S]{257}ustar/, "a tar archive; unpack it with: tar xf FILE"],
  [/^\s*<(?:!doctype|html|\?xml)/i, "a web page or XML, not a table; fetch the table itself"],
  [/^\s*@relation\b/i, "an ARFF file; save it as CSV in Weka, or keep what is below @data, with a header line"],
  [
    /^\s*\{[^\n]*\}\s*\n\s*\{/,
    "lines of JSON; save them with pandas: read_json(..., lines=True).to_csv(..., index=False)",
  ],
  [
    /^\s*(?:\[\s*)?\{\s*["}]|^\s*\[\s*(?:\[|-?\d)/,
    "JSON; save it with pandas: read_json(...).to_csv(..., index=False)",
  ],
];

/** Bytes that are looked at. */
const BEGIN_BYTES = 4096;

/** What a file is by its first bytes, with a remedy; undefined for what may be text, or an array. */
export function kindOf(head: Uint8Array): string | undefined {
  const start = Buffer.from(head.subarray(0, BEGIN_BYTES)).toString("latin1");
  const text = start.startsWith("\xef\xbb\xbf") ? start.slice(3) : start;
  const found = KINDS.find(([begins]) => (typeof begins === "string" ? text.startsWith(begins) : begins.test(text)));
  return found?.[1];
}
