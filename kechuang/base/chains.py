"""The eight industry chains that needs and offers are sorted by, as codes with their names."""

from enum import StrEnum

from kechuang.base.refusals import N_


class Chain(StrEnum):
    """Codes go into the API, the record and the addresses; the order is the order on screens."""

    HIGH_END_EQUIPMENT = "HIGH_END_EQUIPMENT"
    NEW_MATERIALS = "NEW_MATERIALS"
    BIOMEDICINE = "BIOMEDICINE"
    SOFTWARE = "SOFTWARE"
    INTEGRATED_CIRCUITS = "INTEGRATED_CIRCUITS"
    NEW_ENERGY_VEHICLES = "NEW_ENERGY_VEHICLES"
    AVIATION = "AVIATION"
    ROBOTICS = "ROBOTICS"


CHAIN_NAMES = {
    Chain.HIGH_END_EQUIPMENT: N_("高端装备"),
    Chain.NEW_MATERIALS: N_("新材料"),
    Chain.BIOMEDICINE: N_("生物医药"),
    Chain.SOFTWARE: N_("软件与信息"),
    Chain.INTEGRATED_CIRCUITS: N_("集成电路"),
    Chain.NEW_ENERGY_VEHICLES: N_("新能源汽车"),
    Chain.AVIATION: N_("航空"),
    Chain.ROBOTICS: N_("机器人"),
}


def chain_from(text: str) -> Chain | None:
    """The chain that a code or a Chinese name means; None where it means none.

    >>> chain_from("新材料")
    <Chain.NEW_MATERIALS: 'NEW_MATERIALS'>
    >>> chain_from("robotics")
    <Chain.ROBOTICS: 'ROBOTICS'>
    >>> chain_from("养殖") is None
    True
    """
    plain = text.strip()
    for chain, name in CHAIN_NAMES.items():
        if plain in {name, name + "产业链"} or plain.upper() == chain.value:
            return chain
    return None
