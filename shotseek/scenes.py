"""The scenes of the demo's clips: clear colours that move, and are nice to look at."""

import math
import random

from PIL import ImageDraw

from shotseek.painting import (
    HEIGHT,
    WIDTH,
    Colour,
    Scene,
    disc,
    gradient,
    mixed,
    scattered,
    scratches,
    title,
)


def sea() -> Scene:
    """Blue sky, blue sea, a white sail."""
    background = gradient((120, 190, 245), (190, 225, 250), (170, 215, 245))
    still = ImageDraw.Draw(background)
    still.rectangle((0, 300, WIDTH, HEIGHT), fill=(18, 78, 170))
    disc(still, 1050, 120, 60, (255, 245, 200))

    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        for row in range(9):
            top = 330 + row * 46
            shift = 40 * math.sin(t * 1.6 + row) + row * 47 % 160
            for left in range(-160, WIDTH + 160, 160):
                box = (left + shift, top, left + shift + 110, top + 26)
                draw.arc(box, 190, 350, fill=(70, 130, 215), width=5)
        x, y = 260 + 130 * t, 372 + 10 * math.sin(2.4 * t)
        draw.polygon([(x, y - 250), (x, y - 40), (x + 150, y - 40)], fill=(250, 250, 250))
        draw.polygon([(x - 12, y - 220), (x - 12, y - 40), (x - 100, y - 40)], fill=(225, 232, 240))
        draw.polygon(
            [(x - 120, y - 26), (x + 170, y - 26), (x + 120, y + 34), (x - 80, y + 34)], fill=(60, 40, 30)
        )

    return Scene(background, paint)


def beach() -> Scene:
    """Yellow sand, a strip of turquoise water, a yellow parasol."""
    background = gradient((150, 215, 250), (215, 240, 250), (225, 244, 250))
    still = ImageDraw.Draw(background)
    still.rectangle((0, 270, WIDTH, 400), fill=(40, 180, 190))
    still.polygon([(0, 380), (WIDTH, 340), (WIDTH, HEIGHT), (0, HEIGHT)], fill=(240, 208, 120))
    for x, y in scattered(180, 3, 420):
        disc(still, x, y, 4, (222, 186, 96))

    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        draw.line((880, 250, 920, 620), fill=(120, 80, 50), width=14)
        sway = 8 * math.sin(1.7 * t)
        draw.pieslice((680 + sway, 130, 1080 + sway, 470), 180, 360, fill=(250, 200, 30))
        draw.pieslice((820 + sway, 130, 940 + sway, 470), 180, 360, fill=(255, 240, 180))
        foam = 386 + 16 * math.sin(1.3 * t)
        draw.line((0, foam, WIDTH, foam - 40), fill=(250, 255, 255), width=14)
        draw.ellipse((150 + 60 * t, 560, 260 + 60 * t, 640), fill=(210, 110, 60))

    return Scene(background, paint)


def sunset() -> Scene:
    """An orange sun goes down behind dark water."""
    background = gradient((88, 50, 120), (246, 140, 50), (255, 180, 60), (255, 160, 40))

    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        disc(draw, 640, 330 + 34 * t, 130, (255, 236, 130))
        draw.rectangle((0, 470, WIDTH, HEIGHT), fill=(84, 50, 70))
        for row in range(10):
            half = 150 - row * 11 + 14 * math.sin(3 * t + row * 1.7)
            draw.rectangle((640 - half, 484 + row * 24, 640 + half, 494 + row * 24), fill=(250, 150, 60))

    return Scene(background, paint)


def red_ball() -> Scene:
    """A red ball bounces over green grass."""
    background = gradient((130, 200, 250), (205, 235, 252), (205, 235, 252))
    still = ImageDraw.Draw(background)
    still.rectangle((0, 250, WIDTH, HEIGHT), fill=(66, 160, 52))
    for x, y in scattered(420, 5, 260):
        still.line((x, y, x + 8, y - 30), fill=(48, 132, 40), width=4)

    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        x = 400 + 220 * t
        y = 490 - 250 * abs(math.sin(2.6 * t))
        draw.ellipse((x - 140, 620, x + 140, 668), fill=(40, 110, 34))
        disc(draw, x, y, 160, (222, 20, 28))
        disc(draw, x - 54, y - 58, 32, (255, 130, 130))

    return Scene(background, paint)


def sunflowers() -> Scene:
    """Yellow flowers sway on green."""
    background = gradient((190, 225, 120), (110, 170, 60), (70, 130, 40))
    places = sorted(scattered(26, 8, 130), key=lambda place: place[1])

    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        for number, (x, y) in enumerate(places):
            size = 34 + y / 14
            sway = x + 16 * math.sin(1.8 * t + number)
            draw.line((x, y + 260, sway, y), fill=(50, 110, 36), width=10)
            for petal in range(12):
                angle = petal * math.pi / 6
                disc(
                    draw,
                    sway + size * math.cos(angle),
                    y + size * math.sin(angle),
                    size / 2.6,
                    (252, 206, 20),
                )
            disc(draw, sway, y, size * 0.72, (110, 66, 24))

    return Scene(background, paint)


def forest() -> Scene:
    """The camera walks past dark green trees."""
    background = gradient((60, 110, 60), (34, 84, 40), (20, 52, 26))

    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        for layer, (speed, shade) in enumerate([(40, 70), (90, 52), (170, 34)]):
            step = 190 + 60 * layer
            for number in range(-1, 10):
                x = number * step - (speed * t) % step + 60 * layer
                draw.rectangle((x - 12, 300, x + 12, HEIGHT), fill=(70 - 14 * layer, 48 - 8 * layer, 30))
                for crown in range(4):
                    half, y = 120 + 14 * layer - crown * 24, 470 - crown * 105
                    draw.polygon(
                        [(x, y - 150), (x - half, y), (x + half, y)],
                        fill=(shade // 3, shade + 40, shade // 2),
                    )

    return Scene(background, paint)


def skyline() -> Scene:
    """A dark night over a city with lit windows."""
    background = gradient((4, 6, 22), (8, 12, 38), (16, 20, 54))
    still = ImageDraw.Draw(background)
    dice = random.Random(11)
    windows = []
    for left in range(0, WIDTH, 110):
        top = dice.randint(250, 480)
        still.rectangle((left, top, left + 96, HEIGHT), fill=(3, 4, 10))
        spots = [(x, y) for x in range(left + 12, left + 84, 24) for y in range(top + 18, HEIGHT - 20, 34)]
        windows += dice.sample(spots, len(spots) // 3)
    disc(still, 1040, 130, 62, (232, 232, 214))
    disc(still, 1066, 116, 54, (6, 9, 30))
    stars = scattered(70, 12, 0, 240)

    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        for number, (x, y) in enumerate(windows):
            if (number + int(3 * t)) % 9:
                draw.rectangle((x, y, x + 12, y + 16), fill=(240, 196, 84))
        for number, star in enumerate(stars):
            disc(draw, *star, 2 + math.sin(4 * t + number), (200, 205, 230))

    return Scene(background, paint)


def fireworks() -> Scene:
    """Coloured bursts in a violet sky."""
    background = gradient((26, 10, 60), (70, 24, 100), (130, 50, 110))
    bursts: list[tuple[float, float, float, Colour]] = [
        (0.1, 380, 260, (255, 90, 160)),
        (0.8, 860, 220, (90, 220, 255)),
        (1.6, 620, 320, (255, 210, 80)),
        (2.2, 300, 200, (150, 255, 120)),
    ]

    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        for start, x, y, colour in bursts:
            age = t - start
            if 0 < age < 1.4:
                fade = 1 - age / 1.4
                shade = mixed(colour, (70, 24, 100), fade**0.5)
                for ray in range(32):
                    for reach in (0.55, 0.8, 1.0):
                        length = 270 * reach * (1 - (1 - age / 1.4) ** 3)
                        angle = ray * math.pi / 16
                        spark = (x + length * math.cos(angle), y + length * math.sin(angle) + 60 * age * age)
                        disc(draw, *spark, 9, shade)

    return Scene(background, paint)


def old_title() -> Scene:
    """A flickering title card in black and white."""

    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        draw.rectangle((50, 40, WIDTH - 50, HEIGHT - 40), outline=(190, 190, 190), width=8)
        title(draw, "THE LITTLE\nLOCOMOTIVE", (236, 236, 236))
        scratches(draw, t)

    return Scene(gradient((34, 34, 34), (20, 20, 20)), paint)


def locomotive() -> Scene:
    """A train crosses the picture, in shades of grey."""
    background = gradient((210, 210, 210), (176, 176, 176), (120, 120, 120))
    still = ImageDraw.Draw(background)
    still.polygon(
        [(0, 420), (330, 240), (700, 430), (1000, 280), (WIDTH, 420), (WIDTH, HEIGHT), (0, HEIGHT)],
        fill=(110, 110, 110),
    )
    still.rectangle((0, 560, WIDTH, HEIGHT), fill=(70, 70, 70))
    still.line((0, 566, WIDTH, 566), fill=(30, 30, 30), width=10)

    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        x = -120 + 330 * t
        draw.rectangle((x, 430, x + 300, 530), fill=(28, 28, 28))
        draw.rectangle((x - 10, 370, x + 100, 530), fill=(44, 44, 44))
        draw.rectangle((x + 10, 390, x + 76, 440), fill=(225, 225, 225))
        draw.polygon([(x + 226, 350), (x + 282, 350), (x + 270, 432), (x + 240, 432)], fill=(24, 24, 24))
        for wheel in range(4):
            disc(draw, x + 40 + wheel * 76, 535, 32, (16, 16, 16))
            spoke = 6 * t + wheel
            disc(
                draw,
                x + 40 + wheel * 76 + 18 * math.cos(spoke),
                535 + 18 * math.sin(spoke),
                6,
                (190, 190, 190),
            )
        for puff in range(7):
            grey = 235 - puff * 8
            disc(draw, x + 250 - puff * 70 - 30 * (t % 1), 320 - puff * 26, 26 + puff * 9, (grey, grey, grey))
        scratches(draw, t)

    return Scene(background, paint)


def the_end() -> Scene:
    """The last card of the black-and-white film."""

    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        disc(draw, WIDTH / 2, HEIGHT / 2, 430 - 20 * t, (200, 200, 200))
        title(draw, "THE END", (20, 20, 20), 130)
        scratches(draw, t)

    return Scene(gradient((12, 12, 12), (12, 12, 12)), paint)


def snowfall() -> Scene:
    """White hills, fir trees, falling snow."""
    background = gradient((206, 220, 236), (228, 236, 244), (240, 244, 248))
    still = ImageDraw.Draw(background)
    still.ellipse((-300, 330, 900, 1100), fill=(250, 252, 255))
    still.ellipse((500, 400, 1700, 1200), fill=(240, 246, 252))
    for x, y in [(240, 430), (420, 400), (900, 500), (1090, 480)]:
        for crown in range(3):
            top = y - 90 - crown * 56
            still.polygon(
                [(x, top - 60), (x - 70 + crown * 18, top + 40), (x + 70 - crown * 18, top + 40)],
                fill=(70, 110, 96),
            )
    flakes = scattered(170, 21)

    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        for number, (x, y) in enumerate(flakes):
            fall = (y + t * (120 + number % 5 * 30)) % HEIGHT
            disc(draw, x + 24 * math.sin(t + number), fall, 4 + number % 4, (255, 255, 255))

    return Scene(background, paint)


def snowman() -> Scene:
    """A snowman with an orange nose and a red scarf waves."""
    background = gradient((60, 130, 215), (130, 185, 240), (236, 244, 252), (248, 250, 252))

    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        lift = 60 * math.sin(5 * t)
        draw.line((760, 400, 900, 330 - lift), fill=(96, 66, 44), width=14)
        draw.line((520, 400, 390, 440), fill=(96, 66, 44), width=14)
        for y, radius in [(590, 170), (400, 125), (240, 92)]:
            disc(draw, 640, y, radius + 5, (206, 218, 232))
            disc(draw, 640, y, radius, (252, 253, 255))
        draw.rectangle((565, 300, 715, 336), fill=(196, 40, 44))
        disc(draw, 610, 215, 11, (30, 30, 34))
        disc(draw, 672, 215, 11, (30, 30, 34))
        draw.polygon([(640, 236), (640, 260), (740, 254)], fill=(240, 130, 30))

    return Scene(background, paint)


def aurora() -> Scene:
    """Green and violet light over a dark winter sky."""
    background = gradient((12, 10, 44), (26, 18, 70), (44, 40, 96))

    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        for x in range(0, WIDTH, 8):
            wave = math.sin(x / 150 + 1.5 * t) + math.sin(x / 67 - t)
            top = 130 + 60 * wave
            draw.rectangle((x, top, x + 8, top + 150), fill=(50, 200 + int(25 * wave), 130))
            draw.rectangle((x, top + 150, x + 8, top + 270), fill=(130, 60, 190))
        draw.polygon(
            [(0, 600), (400, 520), (860, 610), (WIDTH, 540), (WIDTH, HEIGHT), (0, HEIGHT)],
            fill=(220, 228, 244),
        )

    return Scene(background, paint)


def fruit() -> Scene:
    """Oranges, lemons and plums roll over a table."""
    background = gradient((246, 232, 210), (240, 220, 190), (168, 112, 66), (150, 96, 54))
    colours: list[Colour] = [(250, 140, 16), (250, 220, 50), (108, 38, 120), (250, 140, 16), (96, 176, 60)]

    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        for number, colour in enumerate(colours):
            x = 160 + number * 240 + 40 * math.sin(1.6 * t + number)
            draw.ellipse((x - 110, 548, x + 110, 590), fill=(120, 74, 40))
            disc(draw, x, 460, 110, colour)
            angle = 1.6 * t + number
            disc(draw, x + 56 * math.cos(angle), 460 + 56 * math.sin(angle), 16, (255, 240, 200))

    return Scene(background, paint)


def market_sign() -> Scene:
    """On-screen text on pink."""

    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        for number in range(-1, 9):
            x = number * 180 + 60 * t
            draw.polygon([(x, 0), (x + 90, 0), (x + 90, 110), (x + 45, 160), (x, 110)], fill=(255, 250, 250))
        title(draw, "FRESH FRUIT\nMARKET", (120, 20, 70), 120)

    return Scene(gradient((250, 150, 190), (245, 120, 170)), paint)


def balloon() -> Scene:
    """A purple balloon rises into a turquoise sky."""
    background = gradient((70, 200, 200), (150, 226, 220), (220, 244, 236))

    def paint(draw: ImageDraw.ImageDraw, t: float) -> None:
        x, y = 640 + 80 * math.sin(t), 520 - 110 * t
        for rope in (-60, 60):
            draw.line((x + rope * 1.6, y + 120, x + rope * 0.6, y + 250), fill=(90, 60, 40), width=6)
        draw.rectangle((x - 50, y + 250, x + 50, y + 320), fill=(140, 90, 50))
        draw.ellipse((x - 180, y - 220, x + 180, y + 170), fill=(126, 44, 168))
        draw.ellipse((x - 70, y - 220, x + 70, y + 170), fill=(170, 90, 210))

    return Scene(background, paint)
