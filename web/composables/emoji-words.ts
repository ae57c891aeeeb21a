// Emoji by their French and English names, for completion: those of everyday and village life, not all of Unicode.
import type { Lang } from '../i18n.ts'

/** emoji, French names, English names; the first name is shown. */
const WORDS = `
😀|sourire content|smile happy
😂|rire larmes mdr|joy laugh lol
😊|heureux rougir|blush
😉|clin_d_œil clin_d_oeil|wink
😍|amoureux|heart_eyes love
😎|lunettes cool|sunglasses cool
🤔|réflexion penser|thinking
😅|ouf gêne|sweat_smile
😢|triste pleurer|cry sad
😭|sanglots pleurs|sob
😡|colère fâché|angry rage
😱|peur cri|scream fear
😴|dormir sommeil|sleeping
🤗|câlin|hug
🤒|malade fièvre|sick fever
😇|ange|innocent angel
🙈|singe|see_no_evil monkey
👍|pouce bravo oui|thumbsup yes +1
👎|pouce_bas non|thumbsdown no -1
👏|applaudir bravo|clap
🙏|merci prière|pray thanks
💪|force muscle|muscle strong
👋|salut coucou bonjour|wave hello
🤝|accord poignée_de_main|handshake
✌️|victoire paix|victory peace
👀|yeux regard|eyes
❤️|cœur coeur amour|heart love
💔|cœur_brisé coeur_brise|broken_heart
💚|cœur_vert coeur_vert|green_heart
✨|étincelles|sparkles
⭐|étoile|star
🔥|feu|fire
🎉|fête confettis|tada party
🎂|gâteau anniversaire|birthday cake
🎁|cadeau|gift
🎈|ballon|balloon
🏆|trophée coupe|trophy cup
🥇|médaille or|medal first
✅|coché fait|check done
❌|croix refus|cross no
⚠️|attention alerte|warning alert
❓|question|question
❗|exclamation important|exclamation
💡|idée ampoule|bulb idea
📣|annonce mégaphone|megaphone announcement
📅|calendrier date|calendar date
📍|lieu épingle|pin place
📌|punaise|pushpin
📷|photo appareil|camera photo
📚|livres bibliothèque|books library
📖|livre lecture|book reading
✏️|crayon écrire|pencil write
📝|note inscription|memo note
📰|journal nouvelles|newspaper news
📞|téléphone|phone
💻|ordinateur|computer
🔧|outil réparer clé|wrench repair
🔨|marteau travaux|hammer works
🔑|clé|key
♻️|recyclage tri|recycle
🗑️|poubelle déchets|wastebasket trash
💧|eau goutte|water droplet
🔌|électricité prise|plug power
🏠|maison|house home
🏫|école|school
🏥|hôpital santé|hospital health
🏛️|mairie musée|town_hall museum
⛪|église|church
🏪|magasin commerce|store shop
🏖️|plage|beach
⛰️|montagne|mountain
🌋|volcan|volcano
🏝️|île|island
🌍|terre monde|earth world
☀️|soleil|sun
🌤️|éclaircie|partly_sunny
☁️|nuage|cloud
🌧️|pluie|rain
⛈️|orage|thunder storm
🌀|cyclone|cyclone
🌈|arc_en_ciel|rainbow
❄️|neige froid|snow cold
🌊|vague mer|wave_water sea
🌙|lune nuit|moon night
🌱|pousse plante|seedling plant
🌳|arbre|tree
🌴|palmier|palm_tree
🌻|tournesol fleur|sunflower flower
🌸|fleur cerisier|blossom flower
🍂|feuilles automne|leaves autumn
🐶|chien|dog
🐱|chat|cat
🐴|cheval|horse
🐮|vache|cow
🐔|poule|chicken
🐟|poisson|fish
🐝|abeille|bee
🦋|papillon|butterfly
🐦|oiseau|bird
🦎|lézard|lizard
🥖|pain baguette|bread baguette
🥐|croissant|croissant
🧀|fromage|cheese
🍎|pomme|apple
🍌|banane|banana
🍍|ananas|pineapple
🥭|mangue|mango
🍅|tomate|tomato
🥕|carotte|carrot
🌽|maïs|corn
🍄|champignon|mushroom
🥗|salade|salad
🍲|plat marmite cari|stew pot
🍚|riz|rice
🍕|pizza|pizza
🍰|dessert part|dessert slice
🍫|chocolat|chocolate
☕|café|coffee
🍵|thé|tea
🍷|vin|wine
🍺|bière|beer
🥂|santé trinquer|cheers toast
⚽|football foot|soccer football
🏀|basket|basketball
🎾|tennis|tennis
🏐|volley|volleyball
🏃|courir course|run
🚶|marche promenade|walk
🥾|randonnée|hiking boot
🏊|nager piscine|swim pool
🏄|surf|surf
🚲|vélo|bike bicycle
🚗|voiture|car
🚌|bus|bus
🚆|train|train
🚜|tracteur|tractor
🚒|pompiers|fire_engine
🚑|ambulance|ambulance
🚧|travaux chantier|construction
⛵|bateau voile|sailboat
✈️|avion|airplane
🎵|musique|music note
🎤|micro chant|microphone singing
🎸|guitare|guitar
🥁|tambour|drum
💃|danse|dance
🎭|théâtre|theatre
🎨|peinture art|art painting
🎬|cinéma film|movie cinema
🎲|jeu dé|dice game
🧩|puzzle|puzzle
👶|bébé|baby
🧒|enfant|child
👵|grand_mère|grandmother
👴|grand_père|grandfather
👨‍👩‍👧|famille|family
🧑‍🌾|agriculteur paysan|farmer
🎄|noël sapin|christmas tree
🎃|citrouille halloween|pumpkin halloween
🎆|feu_d_artifice|fireworks
🗳️|vote urne|ballot vote
🇫🇷|france|france
🇷🇪|réunion|reunion
🇪🇺|europe|europe
`
  .trim()
  .split('\n')
  .map((line) => line.split('|') as [string, string, string])

/** Emoji one of whose names begins with `query` (accents may be left out); names of the reader's language first. */
export function emojisNamed(query: string, lang: Lang): { emoji: string; name: string }[] {
  const wanted = plain(query)
  const named = (own: boolean): [string, string][] =>
    WORDS.flatMap(([emoji, french, english]) => {
      const names = (own === (lang === 'en') ? english : french).split(' ')
      const found = names.find((name) => plain(name).startsWith(wanted))
      return found === undefined ? [] : [[emoji, found.replaceAll('_', ' ')]]
    })
  const own = named(true)
  const known = new Set(own.map(([emoji]) => emoji))
  return [...own, ...named(false).filter(([emoji]) => !known.has(emoji))].map(([emoji, name]) => ({ emoji, name }))
}

function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}
