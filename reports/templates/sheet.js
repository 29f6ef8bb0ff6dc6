"use strict";
/* A CSV text as an .xlsx file (a Blob): title and notes above, then the table, numbers as numbers. `marks`: separator, decimal mark. */
var essSheet = (function () {
  var crcs = [];
  for (var n = 0; n < 256; n += 1) {
    var c = n;
    for (var k = 0; k < 8; k += 1) { c = c & 1 ? 0xEDB88320 ^ (c >>> 1) : c >>> 1; }
    crcs[n] = c >>> 0;
  }
  function crc(bytes) {
    var sum = 0xFFFFFFFF;
    bytes.forEach(function (byte) { sum = crcs[(sum ^ byte) & 255] ^ (sum >>> 8); });
    return (sum ^ 0xFFFFFFFF) >>> 0;
  }
  function zip(files, type) {
    var parts = [], index = [], at = 0, coder = new TextEncoder();
    function record(signature, values, name) {
      var head = new DataView(new ArrayBuffer(4 + values.reduce(function (sum, v) { return sum + v[1]; }, 0)));
      head.setUint32(0, signature, true);
      values.reduce(function (place, v) {
        if (v[1] === 2) { head.setUint16(place, v[0], true); } else { head.setUint32(place, v[0], true); }
        return place + v[1];
      }, 4);
      return name ? [new Uint8Array(head.buffer), name] : [new Uint8Array(head.buffer)];
    }
    function size(list) { return list.reduce(function (sum, bytes) { return sum + bytes.length; }, 0); }
    Object.keys(files).forEach(function (path) {
      var name = coder.encode(path), data = coder.encode(files[path]), sum = crc(data);
      var common = [[20, 2], [2048, 2], [0, 2], [0, 2], [33, 2], [sum, 4], [data.length, 4], [data.length, 4], [name.length, 2], [0, 2]];
      index = index.concat(record(0x02014B50, [[20, 2]].concat(common, [[0, 2], [0, 2], [0, 2], [0, 4], [at, 4]]), name));
      var local = record(0x04034B50, common, name).concat([data]);
      at += size(local);
      parts = parts.concat(local);
    });
    var count = Object.keys(files).length;
    var end = record(0x06054B50, [[0, 2], [0, 2], [count, 2], [count, 2], [size(index), 4], [at, 4], [0, 2]]);
    return new Blob(parts.concat(index, end), { type: type });
  }
  function fields(csv, comma) {
    var rows = [[""]], quoted = false;
    for (var i = 0; i < csv.length; i += 1) {
      var row = rows[rows.length - 1], letter = csv[i];
      if (letter === '"') {
        if (quoted && csv[i + 1] === '"') { row[row.length - 1] += letter; i += 1; } else { quoted = !quoted; }
      } else if (letter === comma && !quoted) { row.push("");
      } else if (letter === "\n" && !quoted) { rows.push([""]);
      } else if (letter !== "\r" || quoted) { row[row.length - 1] += letter; }
    }
    return rows.filter(function (row) { return row.join("") !== ""; });
  }
  function sheetOf(title, notes, csv, marks, name) {
    var rows = fields(csv, marks[0]), point = marks[1];
    function safe(text) { return text.replace(/^'(?=[=+@-])/, "").replace(/&/g, "&amp;").replace(/</g, "&lt;"); }
    var number = new RegExp("^-?\\d{1,15}(\\" + point + "\\d+)?$");
    var counts = rows[0].map(function (head, at) {
      return at > 0 && rows.slice(1).every(function (row) { return !row[at] || number.test(row[at]); });
    });
    function cell(text, style, counted) {
      if (text === "") { return "<c/>"; }
      if (counted) { return "<c><v>" + text.replace(point, ".") + "</v></c>"; }
      return '<c t="inlineStr" s="' + style + '"><is><t xml:space="preserve">' + safe(text) + "</t></is></c>";
    }
    function line(cells) { return "<row>" + cells.join("") + "</row>"; }
    var xml = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n', main = "http://schemas.openxmlformats.org/";
    var sheet = [title].concat(notes).map(function (text, at) { return line([cell(text, at ? 0 : 1)]); });
    sheet = sheet.concat(rows.map(function (row, at) { return line(row.map(function (text, col) { return cell(text, at ? 0 : 1, at > 0 && counts[col]); })); }));
    var types = main + "package/2006/content-types", kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.";
    var office = main + "officeDocument/2006/relationships", links = main + "package/2006/relationships", sml = main + "spreadsheetml/2006/main";
    return zip({
      "[Content_Types].xml": xml + '<Types xmlns="' + types + '"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="' + kind + 'sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="' + kind + 'worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="' + kind + 'styles+xml"/></Types>',
      "_rels/.rels": xml + '<Relationships xmlns="' + links + '"><Relationship Id="r1" Type="' + office + '/officeDocument" Target="xl/workbook.xml"/></Relationships>',
      "xl/workbook.xml": xml + '<workbook xmlns="' + sml + '" xmlns:r="' + office + '"><sheets><sheet name="' + safe(name) + '" sheetId="1" r:id="r1"/></sheets></workbook>',
      "xl/_rels/workbook.xml.rels": xml + '<Relationships xmlns="' + links + '"><Relationship Id="r1" Type="' + office + '/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="' + office + '/styles" Target="styles.xml"/></Relationships>',
      "xl/styles.xml": xml + '<styleSheet xmlns="' + sml + '"><fonts count="2"><font><sz val="12"/><name val="Arial"/></font><font><b/><sz val="12"/><name val="Arial"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf fontId="0"/><xf fontId="1" applyFont="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
      "xl/worksheets/sheet1.xml": xml + '<worksheet xmlns="' + sml + '"><cols><col min="1" max="1" width="44" customWidth="1"/><col min="2" max="' + Math.max(rows[0].length, 2) + '" width="20" customWidth="1"/></cols><sheetData>' + sheet.join("") + "</sheetData></worksheet>"
    }, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
  }
  sheetOf.zip = zip;
  return sheetOf;
})();
