"""The folders of labelled pictures that ``starter`` learns from; README.md beside this says whence they come.

A label is ``word#sense`` of WordNet's nouns (``car#1``) or an id of ImageNet (``n02958343``).
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from plugins.encoders.starter.training import captions
from plugins.encoders.starter.training.wordnet import WordNet

Labels = tuple[str, ...]
Listed = Iterator[tuple[Path, Labels]]
Lister = Callable[[Path, WordNet], Listed]


@dataclass(frozen=True, slots=True)
class Source:
    """One collection of pictures."""

    folder: str
    list: Lister
    side: int
    """pixels that its pictures are kept at"""
    complete: bool
    """whether a picture shows one thing and nothing else worth naming"""
    weight: float
    """how often a picture of it is drawn, against one of Tiny-ImageNet"""
    captioned: bool = False
    """whether its pictures have sentences, and sets of labels instead of classes"""


def by_folder(labels: dict[str, str], *under: str) -> Lister:
    """Pictures in ``under/CLASS/``; several labels are joined by ``+``."""

    def listed(root: Path, wordnet: WordNet) -> Listed:
        for part in under or (".",):
            for name, label in labels.items():
                for path in sorted((root / part / name).rglob("*")):
                    if path.suffix.lower() in (".jpg", ".jpeg", ".png"):
                        yield path, tuple(label.split("+"))

    return listed


def tiny_imagenet(root: Path, wordnet: WordNet) -> Listed:
    """``train/n02124075/images/...``"""
    for path in sorted((root / "train").glob("*/images/*.JPEG")):
        yield path, (path.parent.parent.name,)


def imagenet_sample(root: Path, wordnet: WordNet) -> Listed:
    """``n02124075_Egyptian_cat.JPEG``"""
    for path in sorted(root.glob("*.JPEG")):
        yield path, (path.name.split("_")[0],)


CIFAR10 = {
    "airplane": "airplane#1", "automobile": "car#1", "bird": "bird#1", "cat": "cat#1", "deer": "deer#1",
    "dog": "dog#1", "frog": "frog#1", "horse": "horse#1", "ship": "ship#1", "truck": "truck#1",
}  # fmt: skip
CLOTHING = {
    "dress": "dress#1", "hat": "hat#1", "longsleeve": "shirt#1", "outwear": "coat#1", "pants": "trouser#1",
    "shirt": "shirt#1", "shoes": "shoe#1", "shorts": "shorts#1", "skirt": "skirt#2", "t-shirt": "t-shirt#1",
}  # fmt: skip
HOUSES = {
    "bathroom": "bathroom#1", "bedroom": "bedroom#1", "kitchen": "kitchen#1",
    "frontal": "house#1+building#1",
}  # fmt: skip
WEATHER = {"Cloudy": "sky#1+cloud#2", "Shine": "sky#1", "Sunrise": "sky#1+sunset#2", "Rain": "rain#1"}
GROCERY = {
    "Apple": "apple#1", "Avocado": "avocado#1", "Banana": "banana#2", "Kiwi": "kiwi#3", "Lemon": "lemon#1",
    "Lime": "lime#6", "Mango": "mango#2", "Melon": "melon#1", "Nectarine": "nectarine#2",
    "Orange": "orange#1", "Papaya": "papaya#2", "Passion-Fruit": "passion fruit#1", "Peach": "peach#3",
    "Pear": "pear#1", "Pineapple": "pineapple#2", "Plum": "plum#2", "Pomegranate": "pomegranate#2",
    "Red-Grapefruit": "grapefruit#2", "Satsumas": "satsuma#2", "Juice": "carton#2+juice#1",
    "Milk": "carton#2+milk#1", "Oatghurt": "carton#2", "Oat-Milk": "carton#2+milk#1",
    "Sour-Cream": "carton#2+sour cream#1", "Sour-Milk": "carton#2+milk#1", "Soyghurt": "carton#2",
    "Soy-Milk": "carton#2+milk#1", "Yoghurt": "carton#2+yoghurt#1", "Asparagus": "asparagus#2",
    "Aubergine": "aubergine#2", "Cabbage": "cabbage#1", "Carrots": "carrot#3", "Cucumber": "cucumber#2",
    "Garlic": "garlic#2", "Ginger": "ginger#3", "Leek": "leek#2", "Mushroom": "mushroom#5",
    "Onion": "onion#3", "Pepper": "bell pepper#2", "Potato": "potato#1", "Red-Beet": "beet#2",
    "Tomato": "tomato#1", "Zucchini": "zucchini#2",
}  # fmt: skip
SCENES = {
    "buildings": "building#1", "forest": "forest#2", "glacier": "glacier#1", "mountain": "mountain#1",
    "sea": "sea#1", "street": "street#1",
}  # fmt: skip
SCENES15 = {
    "Bedroom": "bedroom#1", "Coast": "seashore#1", "Forest": "forest#2", "Highway": "highway#1",
    "Industrial": "factory#1", "InsideCity": "street#1+building#1", "Kitchen": "kitchen#1",
    "LivingRoom": "living room#1", "Mountain": "mountain#1", "Office": "office#1",
    "OpenCountry": "countryside#1+field#1", "Store": "shop#1", "Street": "street#1",
    "Suburb": "suburb#1+house#1", "TallBuilding": "skyscraper#1",
}  # fmt: skip
PLACES = {
    "airport": "airport#1", "auditorium": "auditorium#1", "bamboo_forest": "forest#2+bamboo#2",
    "campus": "campus#1", "desert": "desert#1", "football_field": "football field#1", "kitchen": "kitchen#1",
    "sky": "sky#1",
}  # fmt: skip
SEA_ANIMALS = {
    "Clams": "clam#1", "Corals": "coral#4", "Crabs": "crab#1", "Dolphin": "dolphin#2", "Eel": "eel#2",
    "Fish": "fish#1", "Jelly Fish": "jellyfish#2", "Lobster": "n01982650", "Nudibranchs": "nudibranch#1",
    "Octopus": "octopus#2", "Otter": "otter#2", "Penguin": "penguin#1", "Puffers": "puffer#2",
    "Sea Rays": "n01495701", "Sea Urchins": "sea urchin#1", "Seahorse": "seahorse#2", "Seal": "n02076196",
    "Sharks": "shark#1", "Shrimp": "shrimp#3", "Squid": "squid#2", "Starfish": "starfish#1",
    "Turtle_Tortoise": "turtle#2",
}  # fmt: skip
FLOWERS = {
    "daisy": "daisy#1+flower#2", "dandelion": "dandelion#1+flower#2", "roses": "rose#1+flower#2",
    "sunflowers": "sunflower#1+flower#2", "tulips": "tulip#1+flower#2",
}  # fmt: skip
PETS = {"cats": "cat#1", "dogs": "dog#1"}
FACES = {"with_mask": "face#1+mask#1+person#1", "without_mask": "face#1+person#1"}
NATURAL = {
    "desert": "desert#1", "mountain": "mountain#1", "sea": "sea#1", "sunset": "sunset#2", "trees": "tree#1",
}  # fmt: skip
PACS = {
    f"{style}/{thing}": f"{thing}#1{extra}"
    for style, extra in (
        ("photo", ""),
        ("cartoon", "+~cartoon"),
        ("art_painting", "+~painting"),
        ("sketch", "+~drawing"),
    )
    for thing in ("dog", "elephant", "giraffe", "guitar", "horse", "house", "person")
}
CALTECH = {
    "cup": "cup#1", "cougar_body": "cougar#1", "platypus": "platypus#1", "helicopter": "helicopter#1",
    "ewer": "ewer#1", "llama": "llama#1", "octopus": "octopus#2", "soccer_ball": "soccer ball#1",
    "windsor_chair": "windsor chair#1", "chandelier": "chandelier#1", "Motorbikes": "motorcycle#1",
    "gramophone": "gramophone#1", "strawberry": "strawberry#1", "dolphin": "dolphin#2",
    "crocodile": "crocodile#1", "car_side": "car#1", "mayfly": "mayfly#1", "watch": "watch#1",
    "schooner": "schooner#2", "okapi": "okapi#1", "anchor": "anchor#1", "joshua_tree": "joshua tree#1+tree#1",
    "hedgehog": "hedgehog#2", "cougar_face": "cougar#1", "mandolin": "mandolin#1", "ketch": "ketch#1",
    "ceiling_fan": "fan#1", "tick": "tick#2", "dalmatian": "dalmatian#2", "airplanes": "airplane#1",
    "elephant": "elephant#1", "water_lilly": "water lily#1+flower#2", "bonsai": "bonsai#1+tree#1",
    "cellphone": "cellphone#1", "euphonium": "euphonium#1", "stegosaurus": "stegosaurus#1",
    "brontosaurus": "apatosaurus#1", "scissors": "scissors#1", "lotus": "lotus#1+flower#2",
    "ferry": "ferry#1", "saxophone": "saxophone#1", "wrench": "wrench#3", "wild_cat": "wildcat#3",
    "emu": "emu#2", "stop_sign": "street sign#1", "pigeon": "pigeon#1", "ibis": "ibis#1",
    "sea_horse": "seahorse#2", "flamingo": "flamingo#1", "Faces": "face#1+person#1",
    "sunflower": "sunflower#1+flower#2", "ant": "ant#1", "menorah": "menorah#1", "starfish": "starfish#1",
    "nautilus": "nautilus#3", "buddha": "buddha#2", "grand_piano": "grand piano#1",
    "dragonfly": "dragonfly#1", "barrel": "n02795169", "scorpion": "scorpion#3",
    "inline_skate": "roller skate#1", "rhino": "rhinoceros#1", "kangaroo": "kangaroo#1",
    "revolver": "revolver#1", "lobster": "n01982650", "crocodile_head": "crocodile#1",
    "umbrella": "umbrella#1", "hawksbill": "hawksbill#1", "brain": "brain#1", "binocular": "binoculars#1",
    "electric_guitar": "electric guitar#1", "accordion": "accordion#1", "chair": "chair#1", "lamp": "lamp#2",
    "cannon": "cannon#1", "minaret": "minaret#1+building#1", "crayfish": "crayfish#3",
    "Leopards": "leopard#2", "rooster": "rooster#1", "camera": "camera#1", "panda": "panda#1",
    "gerenuk": "gerenuk#1", "butterfly": "butterfly#1", "headphone": "headphone#1",
    "pyramid": "pyramid#3+building#1", "wheelchair": "wheelchair#1", "beaver": "beaver#7",
    "flamingo_head": "flamingo#1", "metronome": "metronome#1", "crab": "crab#1", "pizza": "pizza#1",
    "pagoda": "pagoda#1+building#1", "stapler": "stapler#1", "snoopy": "~cartoon", "laptop": "laptop#1",
    "garfield": "~cartoon",
}  # fmt: skip
ACTIONS = {
    "applauding": "", "blowing_bubbles": "bubble#1", "brushing_teeth": "toothbrush#1",
    "cleaning_the_floor": "floor#1", "climbing": "cliff#1", "cooking": "", "cutting_trees": "tree#1",
    "cutting_vegetables": "vegetable#1", "drinking": "", "feeding_a_horse": "horse#1", "fishing": "water#2",
    "fixing_a_bike": "bicycle#1", "fixing_a_car": "car#1", "gardening": "garden#1",
    "holding_an_umbrella": "umbrella#1", "jumping": "", "looking_through_a_microscope": "microscope#1",
    "looking_through_a_telescope": "telescope#1", "phoning": "telephone#1", "playing_guitar": "guitar#1",
    "playing_violin": "violin#1", "pouring_liquid": "", "pushing_a_cart": "handcart#1", "reading": "book#2",
    "riding_a_bike": "bicycle#1", "riding_a_horse": "horse#1", "rowing_a_boat": "boat#1", "running": "",
    "shooting_an_arrow": "bow#4", "smoking": "cigarette#1", "taking_photos": "camera#1",
    "texting_message": "telephone#1", "throwing_frisby": "", "using_a_computer": "computer#1",
    "walking_the_dog": "dog#1", "washing_dishes": "sink#1", "watching_TV": "television receiver#1",
    "waving_hands": "hand#1", "writing_on_a_board": "blackboard#1", "writing_on_a_book": "book#2",
}  # fmt: skip


def actions(root: Path, wordnet: WordNet) -> Listed:
    """``riding_a_horse_012.jpg``: a person, what they do, and what they do it with."""
    for path in sorted(root.rglob("*.jpg")):
        action = path.stem.rsplit("_", 1)[0]
        things = ("person#1", ACTIONS[action]) if ACTIONS[action] else ("person#1",)
        phrase = action.replace("_", " ").replace("frisby", "a frisbee").lower()
        yield path, (*things, f"~{phrase}")


def natural_scenes(root: Path, wordnet: WordNet) -> Listed:
    """``train/1.jpg``, and its labels in a table whose first column is the number."""
    with (root / "train.csv").open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            number = next(iter(row.values()))
            labels = tuple(label for name, label in NATURAL.items() if row[name] == "1")
            yield root / "train" / f"{number}.jpg", labels


def grocery(root: Path, wordnet: WordNet) -> Listed:
    """``dataset/train/Fruit/Apple/...``"""
    for path in sorted((root / "dataset").glob("t*/*/**/*.jpg")):
        kind = path.relative_to(root / "dataset").parts[2]
        if kind in GROCERY:
            yield path, tuple(GROCERY[kind].split("+"))


def houses(root: Path, wordnet: WordNet) -> Listed:
    """``12_kitchen.jpg``"""
    for path in sorted((root / "Houses Dataset").glob("*.jpg")):
        yield path, tuple(HOUSES[path.stem.split("_")[1]].split("+"))


def flickr8k(root: Path, wordnet: WordNet) -> Listed:
    """Labelled with what the sentences name."""
    for name, things in sorted(captions.things(root, wordnet).items()):
        yield root / "data" / "images" / name, things


SOURCES = (
    Source("tiny-imagenet", tiny_imagenet, 64, False, 1.0),
    Source("cifar10", by_folder(CIFAR10, "train"), 32, True, 0.2),
    Source("imagenet-sample", imagenet_sample, 96, False, 3.0),
    Source("caltech101", by_folder(CALTECH, "101_ObjectCategories"), 96, False, 1.2),
    Source("stanford40", actions, 96, False, 1.5),
    Source("pacs", by_folder(PACS, "PACS"), 96, False, 0.6),
    Source("intel-scenes", by_folder(SCENES, "train"), 96, False, 1.0),
    Source("scenes15-gray", by_folder(SCENES15, "data/train", "data/test"), 96, False, 1.0),
    Source("cmu-scenes", by_folder(PLACES, "data/images"), 96, False, 1.5),
    Source("natural-scene-multilabel", natural_scenes, 96, False, 2.0),
    Source("sea-animals", by_folder(SEA_ANIMALS, "Sea Animals Image Dataset"), 96, False, 0.8),
    Source("flower-photos", by_folder(FLOWERS, "dataset/train", "dataset/val"), 96, False, 1.5),
    Source("catsdogs-breeds", by_folder(PETS, "dataset/training_set"), 96, False, 0.6),
    Source("face-mask", by_folder(FACES, "dataset"), 96, False, 0.7),
    Source("human-seg", by_folder({"Training_Images": "person#1"}), 96, False, 1.5),
    Source("clothing", by_folder(CLOTHING, "train", "validation"), 96, True, 1.0),
    Source("grocery", grocery, 96, True, 0.5),
    Source("houses", houses, 96, False, 1.0),
    Source("weather", by_folder(WEATHER, "train", "test"), 96, False, 1.5),
    Source("flickr8k", flickr8k, 96, True, 2.5, captioned=True),
)
"""Everything that can be learned from; folders that are absent are named and left out."""
