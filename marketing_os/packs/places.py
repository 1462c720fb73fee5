"""Where the made-up leads come from: common names, cities, time zones, numbers.

Mobile numbers are drawn only from ranges that their countries keep for fiction;
`#` stands for a digit. A country without such a range has none.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Country:
    """A country's share of the leads, and what its people are called.

    Names of women and of men take turns among the given ones.
    """

    name: str
    weight: int
    budget: int
    cities: dict[str, str]
    given: str
    family: str
    mobiles: tuple[str, ...] = ()
    women_first: bool = False

    def is_womans_name(self, given: str) -> bool:
        return (self.given.split().index(given) % 2 == 0) == self.women_first


COUNTRIES = (
    Country(
        "United States",
        17,
        16500,
        {
            "Boston": "America/New_York",
            "Chicago": "America/Chicago",
            "Denver": "America/Denver",
            "San Diego": "America/Los_Angeles",
        },
        "Emily Jacob Madison Ethan Olivia Tyler Hannah Noah Grace Logan Chloe Mason"
        " Abigail Dylan Lauren Caleb Megan Austin Zoe Marcus",
        "Miller Davis Wilson Anderson Thomas Jackson Harris Clark Lewis Walker Hall"
        " Young King Wright Scott Green Baker Nelson Carter Mitchell",
        ("+120255501##", "+131255501##", "+161955501##"),
        women_first=True,
    ),
    Country(
        "India",
        15,
        7800,
        {
            "Pune": "Asia/Kolkata",
            "Bengaluru": "Asia/Kolkata",
            "Jaipur": "Asia/Kolkata",
            "Kochi": "Asia/Kolkata",
        },
        "Aarav Diya Rohan Ananya Vikram Priya Karan Meera Arjun Kavya Rahul Sneha"
        " Nikhil Pooja Siddharth Isha Manish Neha Varun Lakshmi",
        "Sharma Patel Iyer Gupta Reddy Nair Mehta Joshi Kulkarni Das Menon Verma"
        " Chopra Bose Pillai Desai Rao Malhotra Ghosh Saxena",
    ),
    Country(
        "United Kingdom",
        13,
        12500,
        {
            "Leeds": "Europe/London",
            "Bristol": "Europe/London",
            "Glasgow": "Europe/London",
            "Cardiff": "Europe/London",
        },
        "Oliver Amelia George Isla Harry Freya Jack Poppy Alfie Evie Callum Niamh"
        " Rhys Imogen Lewis Harriet Finlay Bethan Toby Rosie",
        "Smith Jones Taylor Brown Evans Roberts Hughes Edwards Turner Cooper Ward"
        " Morris Bell Murray Campbell Fraser Price Bennett Gray Palmer",
    ),
    Country(
        "Germany",
        11,
        13200,
        {
            "Köln": "Europe/Berlin",
            "Leipzig": "Europe/Berlin",
            "Hamburg": "Europe/Berlin",
            "München": "Europe/Berlin",
        },
        "Lukas Lena Felix Marie Jonas Sophie Leon Hannah Paul Johanna Max Clara"
        " Moritz Greta Jürgen Anja Tobias Käthe Sven Heike",
        "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann"
        " Koch Richter Klein Wolf Schröder Neumann Krüger Zimmermann Braun Vogel",
        ("+4917139200##",),
    ),
    Country(
        "Brazil",
        9,
        7200,
        {
            "São Paulo": "America/Sao_Paulo",
            "Curitiba": "America/Sao_Paulo",
            "Recife": "America/Recife",
        },
        "Ana João Beatriz Pedro Larissa Lucas Camila Gabriel Juliana Rafael Mariana"
        " Thiago Fernanda Bruno Letícia Gustavo Carolina Felipe",
        "Silva Santos Oliveira Souza Pereira Lima Carvalho Ferreira Ribeiro Almeida"
        " Costa Gomes Martins Araújo Barbosa Rocha Dias Moreira",
        women_first=True,
    ),
    Country(
        "Nigeria",
        8,
        6900,
        {
            "Lagos": "Africa/Lagos",
            "Abuja": "Africa/Lagos",
            "Ibadan": "Africa/Lagos",
        },
        "Chinedu Amaka Tunde Ngozi Emeka Folake Ifeanyi Zainab Segun Adaeze Musa"
        " Yetunde Obinna Halima Kunle Chioma Ibrahim Bisi",
        "Okafor Adeyemi Balogun Eze Ibrahim Okonkwo Adebayo Nwosu Bello Ogunleye"
        " Uche Lawal Afolabi Obi Danjuma Onyeka Salami Chukwu",
    ),
    Country(
        "Spain",
        8,
        9400,
        {
            "Madrid": "Europe/Madrid",
            "Sevilla": "Europe/Madrid",
            "Valencia": "Europe/Madrid",
        },
        "Lucía Hugo María Pablo Carmen Álvaro Elena Sergio Paula Javier Irene Diego"
        " Nuria Adrián Rocío Iván Marta Rubén",
        "García Fernández González López Martínez Sánchez Pérez Gómez Ruiz Díaz"
        " Moreno Álvarez Romero Navarro Torres Gil Serrano Molina",
        women_first=True,
    ),
    Country(
        "Poland",
        7,
        8600,
        {"Kraków": "Europe/Warsaw", "Gdańsk": "Europe/Warsaw"},
        "Jakub Zuzanna Kacper Julia Mateusz Maja Michał Aleksandra Piotr Katarzyna"
        " Łukasz Agnieszka Tomasz Magdalena Wojciech Ewa",
        "Nowak Kowalski Wójcik Kamiński Lewandowski Zieliński Szymański Dąbrowski"
        " Kozłowski Mazur Krawczyk Piotrowski Grabowski Pawłowski Król Wieczorek",
    ),
    Country(
        "Sweden",
        6,
        12100,
        {"Göteborg": "Europe/Stockholm", "Uppsala": "Europe/Stockholm"},
        "Erik Elsa Oskar Alva Axel Ebba Nils Astrid Gustav Saga Björn Linnéa Anton"
        " Åsa Viktor Ingrid",
        "Andersson Johansson Karlsson Nilsson Eriksson Larsson Olsson Persson"
        " Svensson Gustafsson Lindberg Lindqvist Berg Sjöberg Holm Åkesson",
        ("+4670174061#", "+4670174062#", "+4670174063#"),
    ),
    Country(
        "Australia",
        6,
        14800,
        {
            "Brisbane": "Australia/Brisbane",
            "Perth": "Australia/Perth",
            "Melbourne": "Australia/Melbourne",
        },
        "Jack Charlotte Cooper Ruby Liam Matilda Angus Sienna Lachlan Piper Hamish"
        " Tahlia Declan Georgia Archie Holly",
        "Kelly O'Brien Ryan Martin Robinson Thompson White Walsh Kennedy Lawson"
        " Hunter Simpson Marshall Ellis Chapman Stone",
        ("+61491570156", "+61491570157", "+61491570158", "+61491570159"),
    ),
)
