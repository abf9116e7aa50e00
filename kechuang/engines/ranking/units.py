"""Units of measure as engineers write them, each with its dimension and its factor."""

import unicodedata
from decimal import Decimal
from functools import lru_cache

_TABLE = {
    "share": "% 1 | ‰ 0.1 | 百分点 1",
    "trace": "ppm 1000 | ppb 1 | ppt 0.001",
    "length": "km 1000 | m 1 | dm 0.1 | cm 0.01 | mm 0.001 | μm 1e-6 | um 1e-6 | nm 1e-9 | Å 1e-10"
    " | 米 1 | 厘米 0.01 | 毫米 0.001 | 微米 1e-6 | 纳米 1e-9 | 公里 1000 | 英寸 0.0254",
    "area": "m2 1 | cm2 1e-4 | mm2 1e-6 | 平方米 1 | 亩 666.67",
    "volume": "m3 1 | L 0.001 | mL 1e-6 | 升 0.001 | 毫升 1e-6 | 立方米 1",
    "mass": "t 1000 | kg 1 | g 0.001 | mg 1e-6 | μg 1e-9 | ng 1e-12 | 吨 1000 | 公斤 1 | 千克 1"
    " | 克 0.001",
    "time": "h 3600 | hr 3600 | min 60 | s 1 | ms 0.001 | μs 1e-6 | ns 1e-9 | 小时 3600 | 分钟 60"
    " | 秒 1 | 毫秒 0.001 | 天 86400 | 日 86400 | d 86400 | 周 604800",
    "months": "个月 1 | 月 1 | 年 12",
    "density": "g/cm3 1 | kg/m3 0.001 | g/mL 1",
    "concentration": "mg/L 1 | g/L 1000 | μg/L 0.001 | ng/mL 0.001 | μg/mL 1 | mg/mL 1000"
    " | ng/L 1e-6",
    "substance": "mol/L 1 | mmol/L 0.001 | μmol/L 1e-6 | nmol/L 1e-9 | pmol/L 1e-12",
    "pressure": "GPa 1e9 | MPa 1e6 | kPa 1000 | Pa 1 | bar 1e5 | N/mm2 1e6",
    "toughness": "MPa·m1/2 1 | MPa·m0.5 1 | MPa·√m 1",
    "viscosity": "Pa·s 1 | mPa·s 0.001 | cP 0.001",
    "conductivity of heat": "W/(m·K) 1 | W/m·K 1 | W/mK 1 | W·m-1·K-1 1 | W/(m·°C) 1",
    "conductivity": "S/m 1 | S/cm 100 | mS/cm 0.1",
    "resistance": "Ω 1 | kΩ 1000 | MΩ 1e6 | mΩ 0.001",
    "resistivity": "Ω·cm 0.01 | Ω·m 1 | mΩ·cm 1e-5",
    "temperature": "°C 1 | 摄氏度 1 | 度 1",
    "temperature, absolute": "K 1",
    "voltage": "kV 1000 | V 1 | mV 0.001 | μV 1e-6",
    "current": "kA 1000 | A 1 | mA 0.001 | μA 1e-6 | nA 1e-9",
    "power": "GW 1e9 | MW 1e6 | kW 1000 | W 1 | mW 0.001",
    "energy": "kWh 3.6e6 | MWh 3.6e9 | GJ 1e9 | MJ 1e6 | kJ 1000 | J 1 | mJ 0.001 | eV 1.602e-19",
    "energy by mass": "Wh/kg 1 | kWh/kg 1000 | mAh/g 1e9",
    "power density": "kW/kg 1 | W/kg 0.001",
    "fluence": "W/cm2 1 | mW/cm2 0.001 | kW/cm2 1000",
    "frequency": "GHz 1e9 | MHz 1e6 | kHz 1000 | Hz 1 | THz 1e12",
    "rotation": "r/min 1 | rpm 1 | 转/分 1",
    "speed": "m/s 1 | km/h 0.2777777778 | mm/s 0.001 | m/min 0.0166666667 | mm/min 1.66666667e-5",
    "flow": "m3/h 1 | L/min 0.06 | m3/d 0.0416666667",
    "force": "kN 1000 | N 1 | mN 0.001 | MN 1e6",
    "torque": "N·m 1 | kN·m 1000",
    "hardness": "HV 1 | HRC 1 | HB 1",
    "level": "dB 1 | dBm 1 | dB(A) 1",
    "data rate": "Gbps 1e9 | Mbps 1e6 | kbps 1000 | Tbps 1e12 | Gb/s 1e9 | GB/s 8e9",
    "data": "TB 1e12 | GB 1e9 | MB 1e6 | KB 1000 | PB 1e15",
    "frames": "帧/秒 1 | fps 1 | 帧/s 1",
    "computing": "TOPS 1e12 | TFLOPS 1e12 | PFLOPS 1e15 | GFLOPS 1e9",
    "count": "次 1 | 万次 10000 | 个 1 | 件 1 | 台 1 | 套 1 | 片 1 | 例 1 | 只 1 | 条 1"
    " | 项 1 | 人 1 | 循环 1 | 周次 1 | 名 1 | 种 1 | 倍 1 | 层 1 | 轴 1 | 位 1 | bit 1 | 路 1",
    "count by time": "片/小时 1 | 件/小时 1 | 个/小时 1 | 片/h 1 | 件/h 1",
    "yield by time": "吨/年 1 | t/a 1 | 万吨/年 10000 | 吨/天 365 | kg/h 8.76 | t/h 8760 | t/d 365",
    "money, fen": "元 100 | 万元 1000000 | 亿元 10000000000",
    "unit price, fen": "元/公斤 100 | 元/kg 100 | 元/吨 0.1 | 万元/吨 1000",
}

DIMENSIONS: dict[str, tuple[str, Decimal]] = {}
for _dimension, _units in _TABLE.items():
    for _entry in _units.split(" | "):
        _name, _factor = _entry.rsplit(" ", 1)
        DIMENSIONS[_name] = (_dimension, Decimal(_factor))

_SAME = str.maketrans({"⋅": "·", "•": "·", "∙": "·", "*": "·", "／": "/", " ": "", "µ": "μ"})


def canonical(unit: str) -> str:
    """One spelling of a unit: dots, slashes and superscripts evened out.

    >>> canonical("W/(m⋅K)"), canonical("g/cm³"), canonical("℃")
    ('W/(m·K)', 'g/cm3', '°C')
    """
    plain = unicodedata.normalize("NFKC", unit).translate(_SAME)
    return plain.replace("1⁄2", "1/2").replace("m½", "m1/2").replace("^", "")


@lru_cache(maxsize=65_536)
def measure(value: Decimal, unit: str) -> tuple[str, Decimal]:
    """The dimension and the value in its base; an unknown unit is its own dimension."""
    dimension, factor = DIMENSIONS.get(canonical(unit), (canonical(unit), Decimal(1)))
    return dimension, value * factor
