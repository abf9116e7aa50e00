/* Charts are drawn from the table beside them; without this script the table is the page.
   <div class="kc-chart" data-chart="table-id" data-unit="亿元" aria-hidden="true"></div>
   A cell with data-v is read by that number, otherwise by its text; an empty or worded cell is a gap.
   data-kind="bar" draws horizontal bars; data-target="20000" draws a thin line with its name in data-target-name. */
(() => {
  if (!window.echarts) return;
  const zh = document.documentElement.lang.startsWith('zh');
  const css = n => getComputedStyle(document.documentElement).getPropertyValue(n).trim();
  const num = c => { const v = parseFloat((c.dataset.v ?? c.textContent).replace(/[^0-9.-]/g, '')); return isNaN(v) ? null : v };
  const rows = id => [...document.getElementById(id).rows].filter(r => !r.closest('tfoot')).map(r => [...r.cells]);
  const shown = v => v == null ? (zh ? '未发布' : 'not published') : v.toLocaleString('en-US');
  const ink = css('--kc-text'), soft = css('--kc-text-2'), line = css('--kc-line'), edge = css('--kc-edge'), blue = css('--kc-blue');
  const looks = [
    { lineStyle: { width: 3 }, color: blue, symbol: 'circle', symbolSize: 7, areaStyle: { opacity: .07 } },
    { lineStyle: { width: 2, type: 'dashed' }, color: edge, symbol: 'none' },
    { lineStyle: { width: 2, type: 'dotted' }, color: css('--kc-blue-4'), symbol: 'rect', symbolSize: 6 },
    { lineStyle: { width: 2 }, color: css('--kc-blue-3'), symbol: 'triangle', symbolSize: 7 }];
  const base = unit => ({
    animation: !matchMedia('(prefers-reduced-motion: reduce)').matches, animationDuration: 300,
    textStyle: { fontFamily: css('--kc-sans'), color: ink, fontSize: 13 },
    tooltip: { trigger: 'axis', renderMode: 'richText', valueFormatter: v => shown(v) + (v == null ? '' : ' ' + unit) } });
  const category = (names, extra) => ({ type: 'category', data: names, axisLine: { lineStyle: { color: edge } }, axisTick: { show: false }, axisLabel: { color: soft }, ...extra });
  const value = (unit, extra) => ({ type: 'value', name: unit, nameTextStyle: { color: soft }, splitNumber: 4, axisLabel: { color: soft }, splitLine: { lineStyle: { color: line } }, ...extra });
  const lines = (el, table, unit, small) => {
    const names = table[0].slice(1).map(c => c.textContent.trim()), body = table.slice(1);
    return { ...base(unit), grid: { left: 8, right: small ? 60 : 96, top: 34, bottom: 4, containLabel: true },
      xAxis: category(body.map(r => r[0].textContent.trim()), { boundaryGap: false }),
      yAxis: value(unit, { nameTextStyle: { color: soft, align: 'right' } }),
      series: names.map((n, k) => ({ name: n, type: 'line', data: body.map(r => num(r[k + 1])), ...looks[k % 4],
        endLabel: { show: true, color: k ? soft : blue, fontWeight: k ? 400 : 600, formatter: p => (small ? n.slice(0, 5) : n) + '\n' + shown(p.value) },
        labelLayout: { moveOverlap: 'shiftY' },
        markLine: k || !el.dataset.target ? undefined : { silent: true, symbol: 'none', lineStyle: { color: ink, width: 1 }, data: [{ yAxis: +el.dataset.target }], label: { position: 'insideStartTop', color: ink, formatter: el.dataset.targetName } } })) } };
  const bars = (el, table, unit) => {
    const body = table.slice(1);
    return { ...base(unit), grid: { left: 8, right: 72, top: 8, bottom: 24, containLabel: true },
      xAxis: value(unit, { min: 0 }), yAxis: category(body.map(r => r[0].textContent.trim()), { inverse: true }),
      series: [{ type: 'bar', name: table[0][1].textContent.trim(), data: body.map(r => num(r[1])), barMaxWidth: 18, color: blue, label: { show: true, position: 'right', color: ink, formatter: p => shown(p.value) } }] } };
  document.querySelectorAll('[data-chart]').forEach(el => {
    const table = rows(el.dataset.chart), unit = el.dataset.unit || '';
    if (table.length < 2) return el.remove();
    const chart = echarts.init(el, null, { renderer: 'canvas' });
    chart.setOption(el.dataset.kind === 'bar' ? bars(el, table, unit) : lines(el, table, unit, el.clientWidth < 480));
    addEventListener('resize', () => chart.resize());
  });
})();
