"""What ``starter`` is asked in its examination; fixed before the first training run.

A question is a word and the WordNet meanings whose pictures answer it.
"""

GENERAL: dict[str, tuple[str, ...]] = {
    "dog": ("n02084071",), "cat": ("n02121620",), "animal": ("n00015388",), "bird": ("n01503061",),
    "insect": ("n02159955",), "reptile": ("n01661091",), "amphibian": ("n01627424",), "ape": ("n02470325",),
    "frog": ("n01639765",), "spider": ("n01772222",), "butterfly": ("n02274259",), "lobster": ("n01982650",),
    "mammal": ("n01861778",), "snake": ("n01726692",), "bear": ("n02131653",), "camel": ("n02437136",),
    "elephant": ("n02503517",), "vehicle": ("n04524313",), "car": ("n02958343",), "bus": ("n02924116",),
    "truck": ("n04490091",), "boat": ("n02858304",), "train": ("n04468005",), "bridge": ("n02898711",),
    "clothing": ("n03051540",), "hat": ("n03497657",), "furniture": ("n03405725",), "bottle": ("n02876657",),
    "ball": ("n02778669",), "musical instrument": ("n03800933",), "timepiece": ("n04437953",),
    "fruit": ("n13134947", "n07705931"), "vegetable": ("n07707451",), "dessert": ("n07609840",),
    "food": ("n00021265", "n07555863"), "drink": ("n07881800",), "mountain": ("n09359803", "n09238926"),
    "shore": ("n09433442",), "shop": ("n04202417",), "chair": ("n03001627",),
}  # fmt: skip
"""General words that label none of the pictures of Tiny-ImageNet."""

UNPAIRED: dict[str, tuple[str, ...]] = {
    "puppy": ("n02084071",), "hound": ("n02087551", "n02084071"), "canine": ("n02083346",),
    "kitten": ("n02121620",), "feline": ("n02120997",), "automobile": ("n02958343",), "auto": ("n02958343",),
    "motorcar": ("n02958343",), "lorry": ("n04490091",), "coach": ("n02924116",), "serpent": ("n01726692",),
    "simian": ("n02469914",), "primate": ("n02469914",), "pachyderm": ("n02453108",), "swine": ("n02395003",),
    "bovine": ("n02402010", "n02401031"), "arachnid": ("n01769347",), "crustacean": ("n01974773",),
    "lepidopteran": ("n02274024",), "crocodilian": ("n01696633",), "seabird": ("n02021795",),
    "waterfowl": ("n01844917", "n02021795"), "watercraft": ("n04530566",), "locomotive": ("n04468005",),
    "attire": ("n03051540",), "garment": ("n03051540",), "headgear": ("n03502509",),
    "swimwear": ("n04371563",), "swimsuit": ("n04371563",), "footwear": ("n03381126", "n03380867"),
    "eyeglasses": ("n04272054",), "spectacles": ("n04272054",), "sweater": ("n04370048",),
    "beverage": ("n07881800",), "citrus": ("n07747055",), "seafood": ("n01974773",), "sweet": ("n07609840",),
    "coastline": ("n09433442",), "crag": ("n09246464", "n09359803"), "peak": ("n09359803",),
}  # fmt: skip
"""Words that no picture is ever trained with; only the text side has met them, among the words of WordNet."""

UNMET: dict[str, tuple[str, ...]] = {
    "lapdog": ("n02084071",), "housecat": ("n02121620",), "schoolbus": ("n04146614",),
    "sportscar": ("n04285008",), "icecream": ("n07614500",), "lakeshore": ("n09332890", "n09433442"),
    "mountaintop": ("n09359803", "n09238926"), "teapots": ("n04398044",), "eyewear": ("n04272054",),
    "snakelike": ("n01726692",), "doglike": ("n02083346",), "pizzas": ("n07873807",),
}  # fmt: skip
"""Words that are kept out of every training text; only their parts are known."""

WITHHELD = frozenset(UNPAIRED)
NEVER = frozenset(UNMET)
